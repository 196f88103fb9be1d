//! What befalls nodes, the cluster, and our own programs.

use vm_autoscale_lab::Control;

use super::{Chaos, Happening};

/// Ten years in seconds.
const DECADE: u64 = 315_360_000;

impl Chaos {
    pub(super) fn of_all(&mut self, now: u64) {
        let node = self.node();
        match self.rng.u32(0..20) {
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
            other => self.of_us(now, other),
        }
    }

    fn of_us(&mut self, now: u64, which: u32) {
        match which {
            13 | 14 => {
                let hours = self.rng.u64(0..48) * 3600;
                let far = self.rng.choice([0, DECADE, 2 * DECADE]).unwrap_or(0);
                self.at(now, Happening::Wall(far + hours));
            }
            15 | 16 => self.at(now, Happening::Helper),
            17 => {
                self.at(now, Happening::Journal(false));
                let end = now + self.time(15_000, 3_600_000);
                self.at(end, Happening::Journal(true));
            }
            18 => self.at(now, Happening::Kill),
            _ => self.at(now, Happening::Stop),
        }
    }
}
