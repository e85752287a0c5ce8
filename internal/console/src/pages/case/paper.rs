//! What is printed of a case: the hand-over letter 交办函 for the units that have it, and the case file 案卷. Each is a look.

use askama::Template;
use axum::extract::{Path, State};
use nightsafe_casework::{role::Permission, workflow::Due};

use super::{
    Barred, Frame, Routed, Row, Section,
    flow::{Flow, Way},
    number, report,
    timeline::Entry,
    words::{self, Both},
};
use crate::{
    Console,
    desk::Shown,
    form::Fields,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    frame: Frame,
    row: Row,
    letters: Vec<Letter>,
    forbidden: Vec<Barred>,
}

/// The letter for one unit.
struct Letter {
    unit: String,
    part: Both,
    stage: Both,
    due: Vec<(String, Both)>,
}

#[derive(Template)]
#[template(path = "case_file.html")]
struct FilePage {
    frame: Frame,
    row: Row,
    sections: Vec<Section>,
    more: Vec<Vec<Section>>,
    ways: Vec<Way>,
    public: Both,
    timeline: Vec<Entry>,
}

/// `GET /c/{case}/letter`.
pub(crate) async fn letter(visitor: Visitor, Path(case): Path<String>, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (viewer, case) = (visitor.viewer().clone(), number(&case)?);
    let detail = console.ask(move |desk| desk.case(&viewer, case, Shown::Nothing)).await?;
    let reference = &console.reference;
    let letter = |task: &nightsafe_casework::routing::Task| {
        let progress = detail.progress.get(&task.part)?;
        let of_the_part = |due: &&Due| due.part == Some(task.part);
        let due = detail.due.iter().filter(of_the_part);
        Some(Letter {
            unit: reference.unit(&task.unit),
            part: words::part(task.part),
            stage: Both::new(progress.stage.words().0, progress.stage.words().1),
            due: due.map(|due| (words::moment(due.at), Both::new(due.kind.words().0, due.kind.words().1))).collect(),
        })
    };
    let title = format!("交办函 {case}");
    let routed = detail.routing.as_ref().map(|routing| Routed::of(routing, reference));
    Ok(super::super::page(&LetterPage {
        frame: Frame::of(&visitor, reference, "", &title, "Hand-over letter"),
        row: Row::of(&detail.summary, reference),
        letters: detail.summary.tasks.iter().filter_map(letter).collect(),
        forbidden: routed.map(|routed| routed.forbidden).unwrap_or_default(),
    }))
}

/// `GET /c/{case}/file`.
pub(crate) async fn file(visitor: Visitor, Path(case): Path<String>, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (viewer, case) = (visitor.viewer().clone(), number(&case)?);
    let detail = console.ask(move |desk| desk.case(&viewer, case, Shown::Nothing)).await?;
    let reference = &console.reference;
    let flow = Flow::of(&detail, reference, &Fields::default());
    let title = format!("案卷 {case}");
    let more = detail.supplements.iter().map(|supplement| report::sections(&supplement.report, reference));
    Ok(super::super::page(&FilePage {
        frame: Frame::of(&visitor, reference, "", &title, "Case file"),
        row: Row::of(&detail.summary, reference),
        sections: report::sections(&detail.report, reference),
        more: more.collect(),
        ways: flow.parts,
        public: flow.public,
        timeline: detail.timeline.iter().rev().map(|happened| Entry::of(happened, reference)).collect(),
    }))
}
