//! Demo keys and the ring, through `nightsafe-keys` as officers would make them. Demo only: they all lie in one folder.

use std::{fs, path::Path};

use nightsafe_runtime::{
    ExitCode,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use serde_json::Value;

use crate::{
    layout::Layout,
    programs::{Program, ProgramError, Programs},
};

/// The officers' fingerprints, as programs pin them.
#[derive(Clone, Debug)]
pub struct Pins {
    /// SHA-256 of each officer's key, in hex.
    pub fingerprints: Vec<String>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `nightsafe-keys` refused.
    #[error("演示钥匙做不出来 the demo keys could not be made")]
    Tool(#[source] ProgramError),
    /// A file could not be written.
    #[error("演示钥匙写不了 the demo keys could not be written")]
    Write(#[source] DurableError),
    /// The folder holds some of the keys but not all: an earlier start was cut off.
    #[error("{folder} 里的钥匙不全，删除后重来 holds only some of the keys: remove it and start again")]
    Incomplete {
        /// The folder of the keys.
        folder: String,
    },
}

impl HasExitCode for KeyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Tool(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Incomplete { .. } => ExitCode::Key,
        }
    }
}

/// Makes three officers, an intake key and a recovery key, or finds those made before.
pub fn make(layout: &Layout, programs: &Programs) -> Result<Pins, KeyError> {
    let folder = layout.keys();
    let facts = folder.join(FACTS);
    if let Ok(text) = fs::read(&facts) {
        return pins(&serde_json::from_slice(&text).unwrap_or_default()).ok_or_else(|| incomplete(&folder));
    }
    durable_file::create_folder(&folder).map_err(KeyError::Write)?;
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(incomplete(&folder));
    }
    let mut made = Vec::new();
    for (id, name) in OFFICERS {
        let file = folder.join(format!("{id}.key"));
        made.push(ask(
            programs,
            &["officer", "new", "--id", id, "--name", name, "--without-password", "--out"],
            &file,
        )?);
    }
    for (noun, id) in IDENTITIES {
        made.push(ask(programs, &[noun, "new", "--id", id, "--out"], &folder.join(format!("{noun}.key")))?);
    }
    let made = Value::Array(made);
    durable_file::write_new(&facts, made.to_string().as_bytes()).map_err(KeyError::Write)?;
    pins(&made).ok_or_else(|| incomplete(&folder))
}

/// Makes and signs the ring with this gateway in it, unless there is one.
pub fn make_ring(layout: &Layout, programs: &Programs, gateway: &Value) -> Result<(), KeyError> {
    let ring = layout.ring();
    if ring.exists() {
        return Ok(());
    }
    let folder = layout.keys();
    let text = fs::read(folder.join(FACTS)).unwrap_or_default();
    let made: Vec<Value> = serde_json::from_slice(&text).unwrap_or_default();
    let spec = folder.join("ring.toml");
    durable_file::replace(&spec, specification(&made, gateway).as_bytes()).map_err(KeyError::Write)?;
    // Signed under another name and renamed last, so that a cut leaves no ring without its signatures.
    let unsigned = folder.join("making");
    let _ = fs::remove_dir_all(&unsigned);
    durable_file::create_folder(&unsigned).map_err(KeyError::Write)?;
    let draft = unsigned.join("ring.json");
    let spec = spec.to_string_lossy();
    ask(programs, &["ring", "make", "--spec", &spec, "--out"], &draft)?;
    for (id, _) in OFFICERS.iter().take(THRESHOLD) {
        let key = folder.join(format!("{id}.key"));
        ask(
            programs,
            &["ring", "sign", "--officer", id, "--key", &key.to_string_lossy(), "--version", "1", "--ring"],
            &draft,
        )?;
        let name = format!("ring.json.{id}.minisig");
        durable_file::rename_new(&unsigned.join(&name), &folder.join(&name)).map_err(KeyError::Write)?;
    }
    durable_file::rename_new(&draft, &ring).map_err(KeyError::Write)?;
    let _ = fs::remove_dir(&unsigned);
    durable_file::sync_folder(&folder).map_err(KeyError::Write)
}

/// How the ring stands, as `nightsafe-keys ring check` says.
pub fn check_ring(layout: &Layout, programs: &Programs) -> Result<Value, KeyError> {
    ask(programs, &["ring", "check", "--ring"], &layout.ring())
}

fn ask(programs: &Programs, arguments: &[&str], path: &Path) -> Result<Value, KeyError> {
    let path = path.to_string_lossy();
    let all: Vec<&str> = ["--json", "--i-am-testing"].iter().chain(arguments).copied().chain([path.as_ref()]).collect();
    programs.ask(Program::Keys, &all).map_err(KeyError::Tool)
}

fn pins(made: &Value) -> Option<Pins> {
    let fingerprints: Vec<String> =
        made.as_array()?.iter().filter_map(|facts| facts.get("fingerprint")?.as_str().map(str::to_owned)).collect();
    (fingerprints.len() == OFFICERS.len()).then_some(Pins { fingerprints })
}

fn incomplete(folder: &Path) -> KeyError {
    KeyError::Incomplete { folder: folder.display().to_string() }
}

/// The ring's specification from what was made; JSON strings are TOML strings.
fn specification(made: &[Value], gateway: &Value) -> String {
    let table = |kind: &str, facts: &Value, names: &[&str]| {
        let fields: Vec<String> = names.iter().map(|name| format!("{name} = {}\n", field(facts, name))).collect();
        format!("[[{kind}]]\n{}", fields.concat())
    };
    let (recipients, officers): (Vec<&Value>, Vec<&Value>) =
        made.iter().partition(|facts| facts.get("recipient").is_some());
    let window = recipients.iter().find(|facts| field(facts, "use") == "intake").copied().unwrap_or(&Value::Null);
    let recipients = recipients.iter().map(|one| table("recipients", one, &RECIPIENT_FIELDS));
    let officers = officers.iter().map(|one| table("officers", one, &["id", "name", "key"]));
    let tables: String = recipients.chain(officers).collect();
    format!(
        "site = \"{SITE}\"\nthreshold = {THRESHOLD}\nnot_before = {}\nnot_after = {}\n\
         {tables}[[gateways]]\nid = {}\nkey = {}\n",
        field(window, "not_before"),
        field(window, "not_after"),
        field(gateway, "gateway"),
        field(gateway, "key"),
    )
}

fn field(facts: &Value, name: &str) -> Value {
    facts.get(name).cloned().unwrap_or_default()
}

/// The demo site's name.
pub const SITE: &str = "demo";
/// How many officers sign.
pub const THRESHOLD: usize = 2;
const OFFICERS: [(&str, &str); 3] =
    [("officer-1", "演示安全官一"), ("officer-2", "演示安全官二"), ("officer-3", "演示安全官三")];
/// Noun of `nightsafe-keys` (and file name), and id in the ring.
const IDENTITIES: [(&str, &str); 2] = [("intake", "intake-1"), ("recovery", "recovery-1")];
const RECIPIENT_FIELDS: [&str; 5] = ["id", "use", "recipient", "not_before", "not_after"];
const FACTS: &str = "made.json";
