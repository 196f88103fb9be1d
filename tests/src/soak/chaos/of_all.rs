//! What befalls nodes, the cluster, and our own programs.

use vm_autoscale_lab::Control;
use vm_autoscale_scheduler::ErrandKind;

use super::{Chaos, Happening};

/// Ten years in seconds.
const DECADE: u64 = 315_360_000;

impl Chaos {
    pub(super) fn of_all(&mut self, now: u64) {
        let node = self.node();
        match self.rng.u32(0..30) {
            0..=2 => {
                let Some(node) = node else { return };
                let up = Control::NodeUp { node: node.clone() };
                self.and_back(now, Control::NodeDown { node }, [up]);
            }
            3 | 4 => {
                let lost = |lost| Control::Quorum { lost };
                self.and_back(now, lost(true), [lost(false)]);
            }
            5 | 6 => self.and_back(now, Control::Tear { on: true }, [Control::Tear { on: false }]),
            7 | 8 => {
                let node = node.filter(|_| self.rng.bool());
                let runs = |running| Control::Pvestatd { node: node.clone(), running };
                self.and_back(now, runs(false), [runs(true)]);
            }
            9 | 10 => {
                let memory = self.rng.bool();
                self.and_back(now, Control::ZeroRound { node, memory }, []);
            }
            11 => self.and_back(now, Control::RestartPmxcfs { node }, []),
            12 => {
                let text = Some("by hand\n".to_owned());
                self.and_back(now, Control::Pause { text }, [Control::Pause { text: None }]);
            }
            13 => {
                let Some(node) = node else { return };
                let hang = |on| Happening::Control(Control::Hang { node: node.clone(), on });
                let end = now + self.time(15_000, 600_000);
                self.at(now, hang(true));
                self.at(end, hang(false));
            }
            14 => {
                let Some(node) = node else { return };
                let seconds = self.rng.i32(-7200..7200);
                let off = |seconds| Control::ClockOff { node: node.clone(), seconds };
                self.and_back(now, off(seconds), [off(0)]);
            }
            other => self.of_us(now, other),
        }
    }

    fn of_us(&mut self, now: u64, which: u32) {
        let end = now + self.time(15_000, 3_600_000);
        match which {
            15 | 16 => {
                let hours = self.rng.u64(0..48) * 3600;
                let far = self.rng.choice([0, DECADE, 2 * DECADE]).unwrap_or(0);
                self.at(now, Happening::Wall(far + hours));
            }
            17 | 18 => self.at(now, Happening::Helper),
            19 => {
                self.at(now, Happening::Journal(false));
                self.at(end, Happening::Journal(true));
            }
            20 => self.at(now, Happening::Kill),
            21 => self.at(now, Happening::Stop),
            // What is learnt of VMs takes days.
            22 if self.rng.u32(0..40) == 0 => self.at(now, Happening::Lost),
            22 | 23 => self.at(now, Happening::Reload),
            other => self.by_people(now, other),
        }
    }

    /// What administrators order.
    fn by_people(&mut self, now: u64, which: u32) {
        let Some(vmid) = self.vm() else { return };
        let end = now + self.time(60_000, 7_200_000);
        let happening = match which {
            24 | 25 => {
                let (many, seconds) = (self.rng.u32(0..self.vms), self.rng.u64(30..7200));
                Happening::Pause(vmid.get(), many, seconds)
            }
            26 | 27 => Happening::Errand(vmid, ErrandKind::Selftest),
            _ => Happening::Errand(vmid, ErrandKind::Restore),
        };
        self.at(now, happening);
        self.at(end, Happening::Resume);
    }
}
