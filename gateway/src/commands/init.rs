//! `init`: makes what is missing and touches nothing that is there.

use std::path::Path;

use nightsafe_runtime::{ExitCode, Language, StartError, SystemRandomness, durable_file};

use super::output::{self, Output};
use crate::config::{EXAMPLE, GatewayConfig};
use crate::credentials::{Credentials, JournalSigner};
use crate::outbox::OutboxFolders;
use crate::stream::Stream;

pub(crate) fn init(path: &Path, output: Output) -> Result<ExitCode, StartError> {
    if !path.exists() {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            durable_file::create_folder(folder)?;
        }
        durable_file::write_new(path, EXAMPLE.as_bytes())?;
    }
    let config = GatewayConfig::read(path)?;
    for folder in [&config.folders.staging, &config.folders.outbox, &config.folders.state] {
        durable_file::create_folder(folder)?;
    }
    OutboxFolders::of(&config.folders.outbox).create()?;
    Credentials::make_missing(&config.credentials, &SystemRandomness)?;
    let key = JournalSigner::read(&config.credentials.journal_key)?.public().to_string();
    let stream = Stream::read_or_begin(&config.folders.state, &SystemRandomness)?.stream.to_string();

    match output {
        Output::Json => {
            let facts = serde_json::json!({"gateway": config.gateway.as_str(), "key": key, "stream": stream});
            output::line(&facts.to_string())
        }
        Output::Words => output::line(&next_steps(path, &config, &key)),
    }
}

fn next_steps(path: &Path, config: &GatewayConfig, key: &str) -> String {
    let gateway = config.gateway.as_str();
    let (path, ring) = (path.display(), config.ring.path.display());
    let certificate = config.tls.certificate.display();
    Language::from_environment()
        .choose(
            &format!(
                "已就绪。接下来：\n1. 核对 {path}：site、listen、[ring] officers\n2. 放好证书：{certificate}\n3. 请密钥官把这个网关写进密钥环：{gateway} {key}\n4. 放好签过名的密钥环：{ring}\n5. nightsafe-gateway serve --config {path}"
            ),
            &format!(
                "Ready. Next:\n1. check {path}: site, listen, [ring] officers\n2. put the certificate at {certificate}\n3. ask the key officers to name this gateway in the key ring: {gateway} {key}\n4. put the signed key ring at {ring}\n5. nightsafe-gateway serve --config {path}"
            ),
        )
        .to_owned()
}
