//! The way to a node, and how it breaks.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use vm_autoscale_lab::{Control, Garbled, Reply, Request, ask};
use vm_autoscale_proxmox::NodeName;
use vm_autoscale_tests::fault_proxy::{Fault, FaultProxy, Way};

use super::kinds::{Kind, mix};

/// Longer than the proxy needs to notice another fault.
const NOTICED: Duration = Duration::from_millis(30);
/// Shorter than the first line of whatever is read.
const FIRST_LINE: usize = 15;
/// More than the helper takes of an answer.
const TOO_LONG: usize = 300 * 1024;

/// The way to one node.
pub(super) struct Site {
    pub(super) node: NodeName,
    pub(super) proxy: FaultProxy,
    pub(super) lab: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    busy: bool,
    /// A change was answered since it is busy.
    answered: bool,
    begun: u64,
    last: Option<Kind>,
}

impl Site {
    pub(super) fn new(node: NodeName, proxy: FaultProxy, lab: PathBuf) -> Self {
        Self { node, proxy, lab, state: Mutex::default() }
    }

    fn state<T>(&self, of: impl FnOnce(&mut State) -> T) -> T {
        of(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often something was done to it, and what the last time.
    pub(super) fn begun(&self) -> (u64, Option<Kind>) {
        self.state(|state| (state.begun, state.last))
    }

    /// Whether nobody else does something to it now; then nobody else begins.
    pub(super) fn reserve(&self) -> bool {
        self.state(|state| {
            state.answered &= state.busy;
            !std::mem::replace(&mut state.busy, true)
        })
    }

    /// Does that to it, from beginning to end, some time from now.
    pub(super) async fn break_down(&self, kind: Kind, drawn: u64, within: Duration) {
        let part = |of: u64, most: u64| mix(drawn ^ of) % most.max(1);
        let millis = |of: u64, most: u64| Duration::from_millis(part(of, most));
        sleep(millis(1, u64::try_from(within.as_millis()).unwrap())).await;
        if kind == Kind::Endless && self.state(|state| state.answered) {
            // By now it would meet reads.
            return self.state(|state| state.busy = false);
        }
        self.state(|state| (state.begun, state.last) = (state.begun + 1, Some(kind)));
        let long = Duration::from_millis(50) + millis(2, 250);
        let bytes = usize::try_from(part(3, 200)).unwrap();
        match kind {
            Kind::Reset => self.fault(Fault::Reset, NOTICED).await,
            Kind::Close => self.fault(Fault::Cut(Way::Both, 0), NOTICED).await,
            Kind::HalfOpen => {
                self.fault(Fault::Silent(Way::Both), long).await;
                self.fault(Fault::Reset, NOTICED).await;
            }
            Kind::Unheard => {
                self.fault(Fault::Silent(Way::Out), long).await;
                self.fault(Fault::Cut(Way::Both, 0), NOTICED).await;
            }
            Kind::Delay => self.fault(Fault::Delay(millis(4, 150)), long).await,
            Kind::CutReply => self.fault(Fault::Cut(Way::Out, part(3, 200)), long).await,
            Kind::Random => {
                self.fault(Fault::Random(1000), long).await;
                self.fault(Fault::Reset, NOTICED).await;
            }
            // Of a config that ends later nobody can tell that it is cut off: commands whose
            // answers end too early, and who end well all the same, are none of the network's.
            Kind::Truncated => self.garble(Garbled::Cut(bytes % FIRST_LINE), long).await,
            Kind::Oversized => self.garble(Garbled::Grown(20 * bytes), long).await,
            Kind::Endless => self.garble(Garbled::Grown(TOO_LONG), long).await,
        }
        self.state(|state| state.busy = false);
    }

    async fn fault(&self, fault: Fault, time: Duration) {
        self.proxy.set(fault);
        sleep(time).await;
        self.proxy.set(Fault::None);
    }

    /// A change was answered, and nobody has read anything since.
    pub(super) async fn answered(&self) {
        let endless = |state: &mut State| {
            state.answered = true;
            state.busy && state.last == Some(Kind::Endless)
        };
        if self.state(endless) {
            self.spoil(None).await;
        }
    }

    async fn garble(&self, how: Garbled, time: Duration) {
        self.spoil(Some(how)).await;
        sleep(time).await;
        self.spoil(None).await;
    }

    async fn spoil(&self, how: Option<Garbled>) {
        let control = Control::Garble { node: self.node.clone(), how };
        let reply = ask(&self.lab, &Request::Control(control)).await.unwrap();
        assert_eq!(reply, Reply::Done);
    }
}
