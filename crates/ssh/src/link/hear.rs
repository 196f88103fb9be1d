//! What comes back of a command.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};
use vm_autoscale_node::NodeCommand;
use vm_autoscale_protocol::{HelperError, NodeState};

use super::{Ended, Link, Unwanted};
use crate::run::Heard;

impl Link {
    /// Hears an answer to its end. The first of it is to come by `until`, and then more of it
    /// within `silence` each.
    pub(super) async fn hear(
        &self,
        command: &NodeCommand,
        limit: usize,
        (mut until, silence): (Option<Instant>, Option<Duration>),
        mut answer: Receiver<Heard>,
        mut take: impl AsyncFnMut(Vec<u8>) -> Result<(), Unwanted>,
    ) -> Result<Ended, HelperError> {
        loop {
            let why = match next(&mut answer, until).await {
                Ok(Some(Heard::Data(data))) => {
                    let gone = |_| self.unreachable("nobody waits for the answer");
                    take(data).await.map_err(gone)?;
                    until = silence.map(|silence| Instant::now() + silence);
                    continue;
                }
                Ok(Some(Heard::End(Some(exit), stderr))) => return Ok(Ended { exit, stderr }),
                Ok(Some(Heard::NotRun)) => {
                    return Err(self.unreachable("the node runs no command"));
                }
                Ok(Some(Heard::TooLong)) => return Err(self.too_large(limit)),
                Ok(Some(Heard::End(None, _)) | None) => {
                    "the connection ended before the command did"
                }
                Err(Silent) => "it took the command and says nothing",
            };
            // Who asks next sent nothing: only of this command it is not known what became of it.
            self.fails(NodeState::Unreachable, self.unreachable(why));
            return Err(self.lost(command, why));
        }
    }
}

struct Silent;

async fn next(
    answer: &mut Receiver<Heard>,
    until: Option<Instant>,
) -> Result<Option<Heard>, Silent> {
    match until {
        Some(until) => timeout_at(until, answer.recv()).await.map_err(|_| Silent),
        None => Ok(answer.recv().await),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use vm_autoscale_guard::Secret;

    use super::*;
    use crate::login::{Login, Proof};
    use crate::pins::Pins;

    #[tokio::test]
    async fn only_who_sent_a_change_does_not_know_what_became_of_it() {
        let login =
            Login { user: String::new(), proof: Proof::Password(Secret::from(String::new())) };
        let pins = Rc::new(Pins::new("/nowhere".into()));
        let address = "127.0.0.1:1".parse().unwrap();
        let link = Rc::new(Link::new("pve1".try_into().unwrap(), address, Rc::new(login), pins));
        let digest = "0".repeat(40).try_into().unwrap();
        let (vmid, vcpus) = (101.try_into().unwrap(), 2.try_into().unwrap());
        let change = NodeCommand::SetVcpus { vmid, vcpus, digest };
        let (to, answer) = tokio::sync::mpsc::channel(1);
        to.send(Heard::End(None, vec![])).await.unwrap();
        let lost = link.hear(&change, 100, (None, None), answer, async |_| Ok(())).await;
        assert!(matches!(lost, Err(HelperError::Unknown { .. })));
        // While a session is on its way, the next one is told why there is none.
        let _coming = link.state.lock().await;
        let next = link.session().await;
        assert!(matches!(next, Err(HelperError::Unreachable { .. })));
    }
}
