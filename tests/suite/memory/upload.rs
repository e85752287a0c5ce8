//! An upload that goes on as long as the test feeds it: `curl` reading from a pipe.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::gateway::{Gateway, Outside};

/// Dropped before its end, it is killed.
pub(crate) struct Upload {
    curl: Child,
    body: Option<ChildStdin>,
    answer: ChildStdout,
}

/// What came back.
pub(crate) struct Uploaded(Value);

impl Upload {
    pub(crate) fn begin(outside: &Outside, gateway: &Gateway, protocol: &str, kind: &str) -> Self {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--no-buffer", protocol, "--cacert"]).arg(outside.layout().authority());
        // What comes from the pipe is sent as it comes.
        curl.args(["-X", "POST", "-H", &format!("content-type: {kind}"), "-H", "expect:", "-T", "-"]);
        curl.arg(format!("https://{}/api/v1/reports", gateway.address));
        let mut curl = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answer = curl.stdout.take().unwrap();
        Self { body: curl.stdin.take(), answer, curl }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let body = self.body.as_mut().unwrap();
        body.write_all(bytes).unwrap();
        body.flush().unwrap();
    }

    /// No more comes; waits for the answer.
    pub(crate) fn end(mut self) -> Uploaded {
        drop(self.body.take());
        let mut answer = Vec::new();
        self.answer.read_to_end(&mut answer).unwrap();
        let status = self.curl.wait().unwrap();
        let text = String::from_utf8_lossy(&answer);
        Uploaded(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {status}: {text}")))
    }

    /// As a client that vanishes.
    pub(crate) fn abandon(mut self) {
        self.kill();
    }

    fn kill(&mut self) {
        let _ = self.curl.kill();
        let _ = self.curl.wait();
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Uploaded {
    pub(crate) fn number(&self) -> String {
        self.0["clue_number"].as_str().unwrap_or_else(|| panic!("{}", self.0)).to_owned()
    }
}
