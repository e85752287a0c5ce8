//! The parts of a posted report: `report` first, then each `attachment`, sealed as it arrives.

use nightsafe_schema::intake::Channel;
use nightsafe_schema::submission::SubmissionId;

use crate::app::App;
use crate::http::{HeldBody, Parts, Problem, ProblemKind, is_json};
use crate::multipart::PartHead;
use crate::reception::{Attachments, CheckedSubmission, RawSubmission, Upload, UploadPlace};
use crate::words::{self, Words};

/// Reads the body to its end. The report is checked before the first attachment is asked for: its flow says what is
/// taken, and who has something to mend in it should not have to send a film first.
pub(super) async fn receive_parts(
    app: &App,
    mut parts: Parts<'_>,
    submission: SubmissionId,
    place: UploadPlace,
) -> Result<(CheckedSubmission, Attachments), Problem> {
    let catalog = &app.reception.catalog;
    let report = read_report(app, &mut parts).await?;
    let checked = RawSubmission::new(submission, Channel::Api, report).check(catalog)?;
    app.check_opening(&checked)?;
    let flow = catalog.flow(checked.flow()).ok_or(ProblemKind::Malformed)?;
    let mut upload = app.reception.upload(place, catalog.attachment_rules(flow));
    while let Some(head) = parts.next_part().await? {
        match head.name.as_str() {
            ATTACHMENT => upload = receive_attachment(upload, &head, &mut parts).await?,
            REPORT => return Err(misplaced(REPORT, "DUPLICATE_PART", words::SECOND_REPORT)),
            name => return Err(unknown(name)),
        }
    }
    Ok((checked, upload.end()))
}

/// Takes the data of one part into the upload.
async fn receive_attachment<'c>(
    upload: Upload<'c>,
    head: &PartHead,
    parts: &mut Parts<'_>,
) -> Result<Upload<'c>, Problem> {
    let mut arriving = upload.begin(head).await?;
    while let Some(data) = parts.data().await? {
        arriving.receive(&data).await?;
    }
    arriving.finish().await
}

async fn read_report(app: &App, parts: &mut Parts<'_>) -> Result<HeldBody, Problem> {
    let head = parts.next_part().await?.ok_or_else(|| misplaced(REPORT, "REQUIRED", words::REPORT_FIRST))?;
    match head.name.as_str() {
        REPORT => {}
        ATTACHMENT => return Err(misplaced(ATTACHMENT, "PART_ORDER", words::REPORT_FIRST)),
        name => return Err(unknown(name)),
    }
    // Without a type it is JSON or will be found not to be.
    head.content_type.as_deref().map_or(Ok(()), is_json)?;
    let mut report = HeldBody::default();
    while let Some(data) = parts.data().await? {
        app.bodies.hold(&mut report, &data, app.report_limit())?;
    }
    Ok(report)
}

fn unknown(name: &str) -> Problem {
    let name: String = name.chars().filter(|character| !character.is_control()).take(QUOTED_CHARACTERS).collect();
    misplaced(&name, "UNKNOWN_PART", words::UNKNOWN_PART)
}

fn misplaced(name: &str, code: &str, words: Words) -> Problem {
    Problem::field(name, code, words)
}

/// The part that holds the report.
const REPORT: &str = "report";
/// The parts that hold attachments.
const ATTACHMENT: &str = "attachment";
/// How much of an unknown name is quoted.
const QUOTED_CHARACTERS: usize = 40;
