//! A mail file as a report: its text and attachments become one, the file itself is the first attachment, untouched.
//!
//! What a mail says of itself is a claim, above all who wrote it; the report says so. The same file is one report, whoever
//! imports it and however often.

use std::io::Read;

use nightsafe_casework::{account::Viewer, event::Via};
use nightsafe_console::desk::{Enclosure, MailImport, RegistrationProblem, RegistrationReceipt};
use nightsafe_mail::{Enclosed, MAIL_BYTES, Mail, MailError};
use nightsafe_schema::{
    digest::Digest,
    intake::{Channel, MailNote, ReceivedAt},
};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Checked, Counter, RegisterError, checked_report, draft};
use crate::site::Site;

impl Counter {
    /// Registers a mail.
    pub(crate) fn import_mail(
        &self,
        site: &Site,
        clerk: (&Viewer, Via),
        import: &MailImport,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, RegisterError> {
        let file = whole(import.length, bytes)?;
        let mail = Mail::read(&file).map_err(|error| match error {
            MailError::TooLarge => RegistrationProblem::TooLarge,
            MailError::NoMail => RegistrationProblem::NotAMail,
        })?;
        let catalog = &site.data.catalog;
        if catalog.flow(&import.flow).is_none() {
            return Err(RegistrationProblem::Flow.into());
        }
        let (draft, remarks) = draft::of_mail(&mail, &import.flow, catalog);
        let text = draft::laid_over(draft, known(&import.known)?).to_string();
        let sha256 = Digest::of(&file);
        let codes = remarks.iter().map(|remark| remark.code()).chain([FROM_UNVERIFIED]);
        let checked = Checked {
            submission: self.keys.submission_of_mail(mail.message_id.as_deref().unwrap_or_default(), &sha256),
            channel: Channel::Mail,
            received_at: import.received_at.unwrap_or_else(|| ReceivedAt::new(site.clock.now(), jiff::tz::offset(8))),
            source: &import.source,
            mail: Some(MailNote { sha256, sent: mail.sent, remarks: codes.map(str::to_owned).collect() }),
            report: checked_report(&text, catalog)?,
            text: &text,
        };
        let enclosed = &mail.enclosed;
        let lengths = enclosed.iter().map(|one| (one.name.as_str(), one.bytes.len()));
        let enclosures: Vec<_> = [(MAIL_NAME, file.len())].into_iter().chain(lengths).map(enclosure).collect();
        self.take_in(site, clerk, &checked, &enclosures, &mut one_after_the_other(&file, enclosed))
    }
}

/// The file, read as long as was announced and no longer than a mail.
fn whole(length: u64, bytes: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>, RegisterError> {
    let length = usize::try_from(length).ok().filter(|length| *length <= MAIL_BYTES);
    let length = length.ok_or(RegistrationProblem::TooLarge)?;
    let mut file = Zeroizing::new(vec![0; length]);
    bytes.read_exact(&mut file).map_err(|_cut| RegistrationProblem::Cut)?;
    Ok(file)
}

fn known(text: &str) -> Result<Value, RegistrationProblem> {
    if text.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let known: Value = serde_json::from_str(text).map_err(|_syntax| RegistrationProblem::NoObject)?;
    if known.is_object() { Ok(known) } else { Err(RegistrationProblem::NoObject) }
}

fn enclosure((name, length): (&str, usize)) -> Enclosure {
    Enclosure { name: name.to_owned(), length: u64::try_from(length).unwrap_or(u64::MAX) }
}

fn one_after_the_other<'a>(file: &'a [u8], enclosed: &'a [Enclosed]) -> impl Read {
    let mut all = Vec::from([file]);
    all.extend(enclosed.iter().map(|one| one.bytes.as_slice()));
    Slices(all.into())
}

/// Slices, read one behind the other.
struct Slices<'a>(std::collections::VecDeque<&'a [u8]>);

impl Read for Slices<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(slice) = self.0.front_mut() {
            let read = slice.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.0.pop_front();
        }
        Ok(0)
    }
}

/// The name of the file itself among the attachments.
const MAIL_NAME: &str = "mail.eml";
/// What every imported mail is remarked with.
const FROM_UNVERIFIED: &str = "FROM_UNVERIFIED";
