//! `attachment copy`, `attachment original`: asks the daemon and writes what it hands out to a file.

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::json;

use super::{item, terminal};
use crate::{
    cli::{AttachmentArguments, AttachmentVerb, WhichAttachment},
    config::Config,
    control::{client::Client, protocol::Request},
};

/// Takes a safe copy or an original.
pub(crate) fn run(config: &Config, arguments: AttachmentArguments) -> Result<ExitCode, StartError> {
    let (request, out, output) = match arguments.verb {
        AttachmentVerb::Copy { which: WhichAttachment { case, item, out, output }, part } => {
            (Request::Copy { case, item, part }, out, output)
        }
        AttachmentVerb::Original { which: WhichAttachment { case, item, out, output } } => {
            (Request::Original { case, item }, out, output)
        }
    };
    let (length, bytes) = Client::connect(&config.folders.control)?.ask_bytes(&request)?;
    let length = item::write(&out, length, bytes)?;
    terminal::answer(output, &json!({ "out": out, "bytes": length }), |_value| {
        terminal::line(format!("已写出 written: {} ({length} 字节 bytes)", out.display()))
    })
}
