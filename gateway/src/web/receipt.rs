//! The receipt, which is the answer to the post itself: the number is in no address, no history and no log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nightsafe_schema::catalog::Label;
use nightsafe_schema::clue::ClueNumber;

use super::pages::{CopyPage, Look, ReceiptPage, page};
use super::progress::words_for;
use super::report::read_form;
use crate::app::App;
use crate::http::{Problem, ProblemKind};
use crate::limits;
use crate::reception::Receipt;

/// The page with the number on it.
pub(super) fn receipt_page(receipt: &Receipt, look: Look) -> Response {
    let groups = receipt.clue_number.grouped().split(' ').map(str::to_owned).collect();
    page(StatusCode::OK, &ReceiptPage { look, number: receipt.clue_number.as_str().to_owned(), groups })
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
    let copy = answers.one("copy");
    let wrong = difference(&number, copy);
    let template = CopyPage {
        look: Look::of_field(answers.one("big")),
        number: number.as_str().to_owned(),
        copy: copy.to_owned(),
        matches: wrong.is_none(),
        verdict: wrong.unwrap_or_else(|| label("一致。", "It is the same.")),
    };
    page(StatusCode::OK, &template)
}

/// What is wrong with a copy, in words; `None` if it is the number.
fn difference(number: &ClueNumber, copy: &str) -> Option<Label> {
    match copy.parse::<ClueNumber>() {
        Ok(copied) if copied == *number => None,
        Err(error) if !matches!(error, nightsafe_schema::clue::ClueNumberError::CheckDigits) => {
            let words = words_for(error);
            Some(label(words.zh, words.en))
        }
        Ok(_) | Err(_) => {
            let digits: String =
                copy.chars().filter_map(|letter| letter.to_digit(10)).map(|digit| digit.to_string()).collect();
            let (true_digits, copied) = (number.as_str().as_bytes(), digits.as_bytes());
            let group = true_digits.chunks(4).zip(copied.chunks(4)).position(|(one, other)| one != other)? + 1;
            Some(label(&format!("第 {group} 组数字可能抄错了。"), &format!("Group {group} may be copied wrongly.")))
        }
    }
}

fn label(zh: &str, en: &str) -> Label {
    Label { zh: zh.to_owned(), en: en.to_owned() }
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
    }
}
