//! Bytes to the helper's socket and back, without a line of the scheduler's client.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_tests::stage::Stage;

/// For an answer, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(40);

/// What came of a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// All its replies, none an error.
    Done(Vec<Value>),
    /// Which rule forbids it, and what was said of that.
    Refused(String, String),
    /// It is none, and the helper hung up.
    HungUp,
    /// Another error: something happened on the way to the node.
    Failed(Value),
}

/// One connection.
pub(crate) struct Asker {
    stream: UnixStream,
    came: Vec<u8>,
}

impl Asker {
    pub(crate) fn new(stage: &Stage) -> Self {
        let stream = UnixStream::connect(stage.path("helper.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, came: Vec::new() }
    }

    /// Writes bytes as they are; it may be that nobody takes them.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next reply; none where the helper hung up.
    pub(crate) fn reply(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.came.iter().position(|byte| *byte == 0) {
                let rest = self.came.split_off(end + 1);
                let reply = std::mem::replace(&mut self.came, rest);
                return Some(serde_json::from_slice(&reply[..end]).unwrap());
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(count) => self.came.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}"),
            }
        }
    }

    /// Sends one request and hears it out.
    pub(crate) fn ask(&mut self, call: &str) -> Answer {
        // Where nobody takes it, the answer says so.
        let _ = self.write(format!("{call}\0").as_bytes());
        self.answer()
    }

    /// Hears out a request that was sent.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut replies = Vec::new();
        loop {
            let Some(reply) = self.reply() else { return Answer::HungUp };
            let text = |key: &str| reply["parameters"][key].as_str().unwrap_or("?").to_owned();
            match reply["error"].as_str().map(|error| error.rsplit('.').next().unwrap_or("")) {
                Some("Refused") => return Answer::Refused(text("rule"), text("message")),
                Some("BadRequest") => {
                    assert_eq!(self.reply(), None, "after what is no request");
                    return Answer::HungUp;
                }
                Some(_) => return Answer::Failed(reply),
                None => {}
            }
            let goes_on = reply["continues"] == true;
            replies.push(reply);
            if !goes_on {
                return Answer::Done(replies);
            }
        }
    }
}
