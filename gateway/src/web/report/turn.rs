//! What a posted page leads to: the same page with what is to be mended, the next one, or the receipt.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use nightsafe_schema::catalog::{Flow, Page, Part, Strictness};
use serde_json::{Map, Value, json};

use super::super::form::{Action, Answers, FILES, FormState, StateField, catalog_path, document_of, is_about_files};
use super::super::look::Look;
use super::draw::{Shown, draw};
use super::fresh_state;
use super::posted::{Files, Posted, read};
use super::sending::send;
use crate::app::App;
use crate::http::{FieldError, Problem, ProblemKind};
use crate::opening::Standing;
use crate::words;

/// A posted page, read: its answers as a report, and what it belongs to.
pub(super) struct Turn<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) flow: &'a Flow,
    pub(super) page: &'a Page,
    pub(super) look: Look,
    pub(super) document: Value,
    pub(super) state: FormState,
    /// Whether the page was come to from the check, which is where it leads back to.
    pub(super) from_check: bool,
}

/// Reads a posted page and answers it.
pub(super) async fn take(app: &Arc<App>, flow: &Flow, page: &Page, request: Request) -> Result<Response, Problem> {
    let Posted { mut answers, state, files } = read(app, flow, request).await?;
    let action = Action::of(&answers);
    if let Action::Drop(list, index) = &action {
        answers.drop_below(&format!("{list}[{index}]."));
    }
    let (mut state, mut errors) = match state {
        StateField::Good(state) => {
            // What was begun in time is taken.
            if app.opening.flow(flow, state.begun()) != Standing::Open {
                return Err(ProblemKind::NotOpen.into());
            }
            (state, Vec::new())
        }
        StateField::Expired(old) => (fresh_state(app)?, too_old(old.waiting().len() + files.count)),
        StateField::Foreign => (fresh_state(app)?, too_old(files.count)),
    };
    let Files { count, taken, .. } = &files;
    state.add(taken.clone());
    if let Action::Remove(item) = &action
        && let Some(taken_back) = state.remove(*item)
    {
        app.reception.discard(&taken_back).await;
    }
    let mut status = ProblemKind::Fields.status();
    if let Some((kind, refusals)) = files.errors() {
        status = kind.status();
        errors.extend(refusals);
    } else if action == Action::Add && *count == 0 {
        errors.push(FieldError::new(FILES, "CHOOSE_FILES", words::CHOOSE_FILES));
    }
    let turn = Turn {
        app,
        flow,
        page,
        look: Look::of_answers(&app.service, &answers),
        document: report_of(app, flow, &answers, &state),
        state,
        from_check: answers.one("return") == "check",
    };
    if errors.is_empty() { turn.act(action).await } else { Ok(turn.show(page, &errors, None, status)) }
}

impl Turn<'_> {
    async fn act(self, action: Action) -> Result<Response, Problem> {
        let page = self.page;
        match action {
            Action::Send if self.next_page().is_none() => send(self).await,
            Action::Next | Action::Send => self.go_on().await,
            Action::Back if self.from_check => self.check().await,
            Action::Back => {
                let before = self.place().checked_sub(1).and_then(|place| self.flow.pages.get(place));
                Ok(self.show(before.unwrap_or(page), &[], None, StatusCode::OK))
            }
            Action::Another(list) => Ok(self.show(page, &[], Some(&list), StatusCode::OK)),
            Action::Edit(id) => {
                let Some(other) = self.flow.page(&id) else { return Err(ProblemKind::NotFound.into()) };
                let errors = self.problems_of(other);
                let turn = Turn { from_check: true, ..self };
                Ok(turn.show(other, &errors, None, StatusCode::OK))
            }
            Action::Stay | Action::Drop(..) | Action::Add | Action::Remove(_) => {
                Ok(self.show(page, &[], None, StatusCode::OK))
            }
        }
    }

    /// To the next page, if this one has all that it asks for.
    async fn go_on(self) -> Result<Response, Problem> {
        let errors = self.problems_of(self.page);
        if !errors.is_empty() {
            return Ok(self.show(self.page, &errors, None, ProblemKind::Fields.status()));
        }
        match self.next_page() {
            Some(next) if !self.from_check && !is_check(next) => Ok(self.show(next, &[], None, StatusCode::OK)),
            Some(_) => self.check().await,
            None => Ok(self.show(self.page, &[], None, StatusCode::OK)),
        }
    }

    /// The last page, with everything on it; where files have gone, first the page on which they are added again.
    async fn check(mut self) -> Result<Response, Problem> {
        let missing = self.app.reception.not_here(self.state.waiting()).await?.0;
        if !missing.is_empty() {
            return Ok(self.add_again(&missing));
        }
        self.from_check = false;
        let last = self.flow.pages.last().unwrap_or(self.page);
        Ok(self.show(last, &[], None, StatusCode::OK))
    }

    /// The page on which attachments are added, with those named that are not here.
    pub(super) fn add_again(mut self, missing: &[usize]) -> Response {
        let named = |place: &usize| FieldError::of_label(FILES, "ADD_AGAIN", &words::ADD_ONE_AGAIN.with(place + 1));
        let errors: Vec<FieldError> = missing.iter().map(named).collect();
        self.state.forget(missing);
        declare(&mut self.document, &self.state);
        let is_for_files = |page: &&Page| page.groups.iter().any(|group| group.part == Some(Part::Attachments));
        let files = self.flow.pages.iter().find(is_for_files).unwrap_or(self.page);
        self.from_check = self.flow.pages.last() != Some(files);
        self.show(files, &errors, None, ProblemKind::Fields.status())
    }

    /// A page of this form, with the answers so far.
    pub(super) fn show(
        &self,
        page: &Page,
        errors: &[FieldError],
        another: Option<&str>,
        status: StatusCode,
    ) -> Response {
        let shown = Shown {
            flow: self.flow,
            page,
            document: &self.document,
            state: &self.state,
            errors,
            another,
            from_check: self.from_check,
        };
        draw(self.app, &shown, self.look.clone(), status)
    }

    /// What has to be mended on this page.
    fn problems_of(&self, page: &Page) -> Vec<FieldError> {
        let problems = self.app.reception.catalog.check(&self.document, Strictness::Soft).err().unwrap_or_default();
        let errors = problems.into_iter().map(FieldError::from);
        errors.filter(|error| page_of(self.flow, error).is_some_and(|own| own.id == page.id)).collect()
    }

    fn place(&self) -> usize {
        self.flow.pages.iter().position(|page| page.id == self.page.id).unwrap_or_default()
    }

    fn next_page(&self) -> Option<&Page> {
        self.flow.pages.get(self.place() + 1)
    }
}

/// The page on which an error can be mended.
pub(super) fn page_of<'f>(flow: &'f Flow, error: &FieldError) -> Option<&'f Page> {
    let holds_files = |page: &&Page| page.groups.iter().any(|group| group.part == Some(Part::Attachments));
    if is_about_files(error) || error.path.starts_with("evidence.attachments") {
        return flow.pages.iter().find(holds_files);
    }
    flow.page_of(&catalog_path(&error.path))
}

fn is_check(page: &Page) -> bool {
    page.groups.iter().any(|group| group.part == Some(Part::Summary))
}

/// The report that the answers make, with a claim for each attachment: the form says of them what was found.
fn report_of(app: &App, flow: &Flow, answers: &Answers, state: &FormState) -> Value {
    let mut document = document_of(&app.reception.catalog, flow, answers);
    declare(&mut document, state);
    document
}

fn declare(document: &mut Value, state: &FormState) {
    let facts = state.waiting().iter().map(|waiting| &waiting.facts);
    let claims: Vec<Value> = facts.map(|facts| json!({"media_type": facts.media_type, "size": facts.length})).collect();
    let Some(report) = document.as_object_mut() else { return };
    if claims.is_empty() && !report.contains_key("evidence") {
        return;
    }
    let evidence = report.entry("evidence").or_insert_with(|| Value::Object(Map::new()));
    let Some(evidence) = evidence.as_object_mut() else { return };
    if claims.is_empty() {
        evidence.shift_remove("attachments");
    } else {
        evidence.insert("attachments".to_owned(), Value::Array(claims));
    }
    if evidence.is_empty() {
        report.shift_remove("evidence");
    }
}

/// A page too old or not ours: everything typed is shown again under a new submission.
fn too_old(files: usize) -> Vec<FieldError> {
    let mut errors = vec![FieldError::new("state", "PAGE_TOO_OLD", words::PAGE_TOO_OLD)];
    if files > 0 {
        errors.push(FieldError::new(FILES, "ADD_AGAIN", words::ADD_AGAIN));
    }
    errors
}
