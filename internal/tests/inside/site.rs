//! A whole small site in a temporary folder: keys, ring, certificate, configuration, inbox.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use minisign::{KeyPair, SecretKey};
use nightsafe_schema::{canonical::canonical_json, ring::OfficerKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    gateway::{Gateway, INTAKE, recipients},
    program::{Run, command, finish, program},
};

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// The first security officer.
pub(crate) const OFFICER: &str = "officer";

/// The site.
pub(crate) struct Site {
    folder: TempDir,
    /// The process in whose mount namespace its commands run.
    within: Option<u32>,
    /// Hands over into its inbox.
    pub(crate) gateway: Gateway,
}

struct Officer {
    id: &'static str,
    public: OfficerKey,
    secret: SecretKey,
}

impl Site {
    /// A site after `init`, with its first security officer.
    pub(crate) fn new() -> Self {
        let site = Self::unfounded();
        let password = site.password_file();
        let arguments = ["init", "--json", "--first-officer", OFFICER, "--password-file", password.to_str().unwrap()];
        let made = site.run(arguments).json();
        assert_eq!(made["first_officer"], "added");
        site
    }

    /// A site before `init`.
    pub(crate) fn unfounded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::new(&folder.path().join("inbox"));
        let site = Self { folder, within: None, gateway };
        let officers = ["a", "b"].map(|id| {
            let pair = KeyPair::generate_unencrypted_keypair().unwrap();
            Officer { id, public: pair.pk.to_base64().parse().unwrap(), secret: pair.sk }
        });
        site.write_ring(&officers);
        site.write_secret("intake.key", INTAKE);
        site.write_secret("password", PASSWORD);
        site.write_certificate();
        let fingerprints: Vec<String> = officers.iter().map(|one| one.public.fingerprint().to_string()).collect();
        fs::write(site.config(), configuration(&fingerprints)).unwrap();
        site
    }

    /// Its configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.path("internal.toml")
    }

    /// Adds lines to the beginning and tables to the end of its configuration.
    pub(crate) fn configure(&self, lines: &str, tables: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), format!("{lines}{text}{tables}")).unwrap();
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file with [`PASSWORD`].
    pub(crate) fn password_file(&self) -> PathBuf {
        self.path("password")
    }

    /// Runs a command on it.
    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        finish(self.command(arguments))
    }

    /// A command on it, to be run.
    pub(crate) fn command<A: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let plain = command(&program(), &self.config(), arguments);
        let Some(holder) = self.within else { return plain };
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{holder}/ns/mnt")).arg(plain.get_program()).args(plain.get_args());
        command
    }

    /// From now on its commands run in the mount namespace of this process.
    pub(crate) fn move_into(&mut self, holder: u32) {
        self.within = Some(holder);
    }

    /// `ingest --once`: what it did.
    pub(crate) fn ingest(&self) -> Value {
        self.run(["ingest", "--once", "--json"]).json()
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn write_secret(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn write_certificate(&self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        fs::write(self.path("console.pem"), made.cert.pem()).unwrap();
        self.write_secret("console.key", &made.signing_key.serialize_pem());
    }

    fn write_ring(&self, officers: &[Officer]) {
        let named: Vec<_> =
            officers.iter().map(|one| json!({"id": one.id, "name": one.id, "key": one.public})).collect();
        let [intake, recovery] = recipients();
        let recipient = |id: &str, purpose: &str, key: &str| {
            json!({"id": id, "use": purpose, "recipient": key,
                   "not_before": "2026-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z"})
        };
        let bytes = canonical_json(&json!({
            "schema": "ring/1", "site": "test", "version": 1,
            "previous": "0000000000000000000000000000000000000000000000000000000000000000",
            "not_before": "2026-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z",
            "recipients": [recipient("in", "intake", &intake), recipient("re", "recovery", &recovery)],
            "gateways": [{"id": "gateway-1", "key": self.gateway.public_key()}],
            "bulletin_keys": [], "officers": named, "threshold": 2,
        }))
        .unwrap();
        fs::write(self.path("ring.json"), &bytes).unwrap();
        for officer in officers {
            let signature = minisign::sign(None, &officer.secret, bytes.as_slice(), None, None).unwrap();
            let name = format!("ring.json.{}.minisig", officer.id);
            fs::write(self.path(&name), signature.into_string()).unwrap();
        }
    }
}

/// A sample report by the beginning of its file's name.
pub(crate) fn sample(start: &str) -> Value {
    let path = samples()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start))
        .unwrap();
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file["report"].clone()
}

/// The folder of sample reports, their units and divisions.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/samples").canonicalize().unwrap()
}

fn configuration(fingerprints: &[String]) -> String {
    let samples = samples();
    format!(
        r#"site = "test"
listen = "127.0.0.1:0"
inbox = "inbox"
units = ["{units}"]
divisions = ["{divisions}"]
[tls]
certificate = "console.pem"
key = "console.key"
[ring]
path = "ring.json"
officers = {fingerprints:?}
threshold = 2
[folders]
vault = "vault"
ledger = "ledger"
index = "index"
quarantine = "quarantine"
control = "control.sock"
state = "state"
[credentials]
store_key = "credentials/store.key"
ledger_key = "credentials/ledger.key"
identities = ["intake.key"]
"#,
        units = samples.join("units.json").display(),
        divisions = samples.join("fictional_divisions.json").display(),
    )
}
