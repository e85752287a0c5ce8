//! The answers about call-backs, field for field as `--json` prints them; fields are added, never renamed.

use nightsafe_casework::workflow::{CallbackCandidate, Month};
use nightsafe_console::desk::{
    CallList, CallbackDetail, CallbackMonth, CallbackProblem, CallbackProof, CallbackRow, DeskError,
};
use serde_json::{Value, json};

use super::protocol::Refusal;

/// `callback`.
pub(crate) fn months(months: &[CallbackMonth]) -> Value {
    json!({ "months": months.iter().map(line).collect::<Vec<_>>() })
}

/// `callback show`, `callback verify`.
pub(crate) fn month(detail: &CallbackDetail) -> Value {
    let mut answer = line(&detail.month);
    let more = json!({
        "check": detail.check.map(|check| json!({
            "commitment": check.commitment,
            "seed": check.seed,
            "draw": check.draw,
            "order": check.order,
            "complete": check.complete,
            "holds": check.holds(),
        })),
        "proof": detail.proof.as_ref().map(proof),
        "rows": detail.rows.iter().map(row).collect::<Vec<_>>(),
        "lists": detail.lists.iter().map(list).collect::<Vec<_>>(),
        "ready": detail.ready,
    });
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
    answer
}

fn proof(proof: &CallbackProof) -> Value {
    match proof {
        CallbackProof::Withheld => json!({ "withheld": true }),
        CallbackProof::Shown { nonce, seed, candidates, drawn } => json!({
            "nonce": nonce,
            "seed": seed,
            "candidates": candidates.iter().map(candidate).collect::<Vec<_>>(),
            "drawn": drawn.iter().map(candidate).collect::<Vec<_>>(),
        }),
    }
}

/// The month that was typed.
pub(crate) fn read_month(text: &str) -> Result<Month, Refusal> {
    Ok(text.trim().parse().map_err(|_| DeskError::Callback(CallbackProblem::Month))?)
}

fn line(month: &CallbackMonth) -> Value {
    json!({
        "month": month.month,
        "commitment": month.commitment,
        "committed_at": month.committed_at,
        "least": month.size.least,
        "percent": month.size.percent,
        "drawn_at": month.drawn_at,
        "approved": month.approved,
    })
}

fn candidate(candidate: &CallbackCandidate) -> Value {
    json!({ "case": candidate.case, "part": candidate.part, "province": candidate.province })
}

fn row(row: &CallbackRow) -> Value {
    json!({
        "case": row.case,
        "part": row.part,
        "reference": row.reference,
        "without_number": row.without_number,
        "stage": row.stage,
        "opinion": row.opinion,
    })
}

fn list(list: &CallList) -> Value {
    json!({
        "at": list.at,
        "file": list.file,
        "sha256": list.sha256,
        "entries": list.entries,
        "approved": list.approved,
    })
}
