//! The receipt, which is the answer to the post itself: the number is in no address, no history and no log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nightsafe_schema::catalog::{Flow, Label};
use nightsafe_schema::clue::{ClueNumber, ClueNumberError};

use super::form::Answers;
use super::look::Look;
use super::pages::{ReceiptPage, Verdict, page};
use super::progress::words_for;
use super::report::read_form;
use crate::app::App;
use crate::http::{AsItIs, Problem, ProblemKind};
use crate::limits;
use crate::reception::Receipt;
use crate::words;

/// The page with the number on it. What was added to a report has the number that its reporter has on paper.
pub(super) fn receipt_page(receipt: &Receipt, flow: &Flow, look: Look) -> Response {
    let number = flow.slug.is_some().then_some(&receipt.clue_number);
    with_number(number, look.by_buttons(), String::new(), Verdict::NotAsked)
}

/// `POST /receipt/check`: compares what was copied on paper with the number on the page it came from.
pub(crate) async fn check_copy(State(app): State<Arc<App>>, request: Request) -> Response {
    let answers = match read_form(&app, request, limits::SMALL_FORM_BODY).await {
        Ok(answers) => answers,
        Err(problem) => return problem.into_response(),
    };
    let Ok(number) = answers.one("number").parse::<ClueNumber>() else {
        return Problem::from(ProblemKind::Malformed).into_response();
    };
    let (look, copy) = (Look::of_answers(&app.service, &answers), answers.one("copy").to_owned());
    let verdict = verdict(&number, &answers);
    with_number(Some(&number), look, copy, verdict)
}

fn with_number(number: Option<&ClueNumber>, look: Look, copy: String, verdict: Verdict) -> Response {
    let groups = number.map(|number| number.grouped().split(' ').map(str::to_owned).collect()).unwrap_or_default();
    let number = number.map(|number| number.as_str().to_owned()).unwrap_or_default();
    let status = match verdict {
        Verdict::NotAsked | Verdict::Same => StatusCode::OK,
        Verdict::Differs(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = page(status, &ReceiptPage { look, number, groups, copy, verdict });
    // The number is not to be guessed at from how well it packs.
    response.extensions_mut().insert(AsItIs);
    response
}

fn verdict(number: &ClueNumber, answers: &Answers) -> Verdict {
    if answers.only_switches_look() {
        return Verdict::NotAsked;
    }
    match difference(number, answers.one("copy")) {
        Some(words) => Verdict::Differs(words),
        None => Verdict::Same,
    }
}

/// What is wrong with a copy, in words; `None` if it is the number.
fn difference(number: &ClueNumber, copy: &str) -> Option<Label> {
    match copy.parse::<ClueNumber>() {
        Ok(copied) if copied == *number => None,
        Err(_) if copy.is_empty() => Some(words::NUMBER_EMPTY.label()),
        Err(error) if error != ClueNumberError::CheckDigits => Some(words_for(error).label()),
        Ok(_) | Err(_) => {
            let digits: String =
                copy.chars().filter_map(|letter| letter.to_digit(10)).map(|digit| digit.to_string()).collect();
            let (true_digits, copied) = (number.as_str().as_bytes(), digits.as_bytes());
            let group = true_digits.chunks(4).zip(copied.chunks(4)).position(|(one, other)| one != other)? + 1;
            Some(words::NUMBER_GROUP.with(group))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "023407719775987621566832";

    #[test]
    fn the_wrong_group_is_named() {
        let number: ClueNumber = NUMBER.parse().unwrap();
        assert!(difference(&number, "0234 0771-9775 9876 2156 6832").is_none());
        let third = difference(&number, "0234 0771 9776 9876 2156 6832").unwrap();
        assert!(third.zh.contains("第 3 组"), "{}", third.zh);
        assert!(difference(&number, "0234").unwrap().en.contains("24 digits"));
        assert!(difference(&number, "abc").is_some());
        assert_eq!(difference(&number, ""), Some(words::NUMBER_EMPTY.label()));
    }
}
