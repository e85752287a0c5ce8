//! The inside's reader of mails: whatever comes, what it makes of it is within bounds. The fuzzer calls [`call`] with what it
//! invents, the tests of `nightsafe-mail` with its corpus and with spoiled copies of that.

use nightsafe_mail::{ENCLOSED, LINE_CHARACTERS, Mail, TEXT_CHARACTERS};

/// Reads a mail and holds what came out to its bounds.
pub(crate) fn call(bytes: &[u8]) {
    let Ok(mail) = Mail::read(bytes) else { return };
    assert!(mail.text.chars().count() <= TEXT_CHARACTERS + BETWEEN_PARTS, "text");
    assert!(mail.enclosed.len() <= ENCLOSED, "attachments");
    // A mail within a mail is there as a whole and its text once more: no byte is there a third time.
    let decoded: usize = mail.enclosed.iter().map(|enclosed| enclosed.bytes.len()).sum();
    assert!(decoded <= bytes.len() + 4, "{decoded} bytes out of {}", bytes.len());
    let sender = mail.from.iter().flat_map(|sender| [&sender.name, &sender.address]);
    let names = mail.enclosed.iter().map(|enclosed| &enclosed.name);
    for line in names.chain([&mail.subject]).chain(sender).chain(&mail.message_id) {
        assert!(line.chars().count() <= LINE_CHARACTERS && !line.chars().any(char::is_control), "{line:?}");
    }
    assert!(!mail.enclosed.iter().any(|enclosed| enclosed.name.contains(['/', '\\'])), "a name has no folder");
    assert!(!mail.text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')), "text");
}

/// Two line ends between the texts of 300 parts.
const BETWEEN_PARTS: usize = 600;
