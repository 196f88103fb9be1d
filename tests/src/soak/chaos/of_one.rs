//! What befalls one VM.

use vm_autoscale_lab::Control;
use vm_autoscale_proxmox::VmId;

use super::Chaos;

impl Chaos {
    pub(super) fn of_one(&mut self, now: u64) {
        let Some(vmid) = self.vm() else { return };
        let (stop, start) = (Control::Stop { vmid }, Control::Start { vmid });
        match self.rng.u32(0..96) {
            0..=9 => {
                let (cores, mib) = (self.seconds(10.0), 300.0 + self.seconds(12_000.0));
                let load = Control::Load { vmid, cores, mib };
                self.and_back(now, load, [Control::FreeLoad { vmid }]);
            }
            10..=15 => {
                let lock = Control::Lock { vmid, lock: Some("snapshot".into()) };
                self.and_back(now, lock, [Control::Lock { vmid, lock: None }]);
            }
            16..=21 => {
                let seconds = self.seconds(1800.0);
                self.and_back(now, Control::Backup { vmid, seconds }, []);
            }
            22..=25 => {
                let seconds = self.seconds(60.0);
                self.and_back(now, Control::HoldLock { vmid, seconds }, []);
            }
            26..=31 => self.migrates(now, vmid),
            32..=34 => self.and_back(now, stop, [start]),
            35..=38 => self.and_back(now, stop, []),
            39..=41 => self.and_back(now, Control::Recreate { vmid }, []),
            42..=44 => self.and_back(now, Control::GuestDies { vmid }, [stop, start]),
            45..=55 => {
                let part = self.part();
                let fault = |on| Control::Fault { vmid, part, on };
                self.and_back(now, fault(true), [fault(false)]);
            }
            56..=59 => {
                let (cpu, dimm) = (self.seconds(900.0), self.seconds(900.0));
                let quick = Control::SlowGuest { vmid, cpu: 0.3, dimm: 0.5 };
                self.and_back(now, Control::SlowGuest { vmid, cpu, dimm }, [quick]);
            }
            60..=62 => self.and_back(now, Control::LateCpu { vmid }, [stop, start]),
            63..=65 => self.and_back(now, Control::LateDimm { vmid }, [stop, start]),
            66..=78 => self.is_edited(now, vmid),
            79..=82 => {
                let moves = Control::Ha { vmid, state: Some("migrate".into()), target: None };
                self.and_back(now, moves, [Control::Ha { vmid, state: None, target: None }]);
            }
            83..=86 => {
                let out = |on| Control::LeaveOut { vmid, on };
                self.and_back(now, out(true), [out(false)]);
            }
            87..=90 => {
                let mib = self.seconds(12_000.0);
                self.and_back(now, Control::PageCache { vmid, mib }, []);
            }
            _ => self.is_another(now, vmid),
        }
    }

    fn migrates(&mut self, now: u64, vmid: VmId) {
        let (Some(to), seconds) = (self.node(), self.seconds(120.0)) else { return };
        self.and_back(now, Control::Migrate { vmid, to, seconds, gap: 0.3 }, []);
    }

    /// By hand: sizes, other things, and what waits for a start.
    fn is_edited(&mut self, now: u64, vmid: VmId) {
        let (key, value) = match self.rng.u32(0..7) {
            0 => ("cores", self.rng.u32(4..=8).to_string()),
            1 => ("memory", self.rng.choice([2048, 3072, 4096]).unwrap_or(2048).to_string()),
            2 => ("vcpus", self.rng.u32(1..=3).to_string()),
            3 => ("name", format!("by-hand-{}", self.rng.u16(..))),
            4 => ("tags", format!("by-hand-{}", self.rng.u16(..))),
            5 => ("cpulimit", self.rng.choice(["0.5", "1.75", "3"]).unwrap_or("1").to_owned()),
            _ => ("balloon", "1024".to_owned()),
        };
        // What makes a VM one that is not to be changed is not for good.
        let passes = matches!(key, "cpulimit" | "balloon");
        let (key, value) = (key.to_owned(), Some(value));
        let back = Control::Edit { vmid, key: key.clone(), value: None };
        let again = [Control::Stop { vmid }, Control::Start { vmid }];
        let again = again.into_iter().chain(passes.then_some(back));
        if self.rng.bool() {
            self.and_back(now, Control::Pending { vmid, key, value }, again);
        } else {
            self.and_back(now, Control::Edit { vmid, key, value }, again);
        }
    }

    /// It is removed for good, and another one gets its number.
    fn is_another(&mut self, now: u64, vmid: VmId) {
        let Some(node) = self.node() else { return };
        let conf = format!(
            "cores: 8\nhotplug: disk,network,usb,memory,cpu\nmemory: 2048\nnuma: 1\n\
             sockets: 1\nvcpus: 2\nvmgenid: {:08x}-0000-4000-8000-000000000000\n",
            self.rng.u32(..)
        );
        let create = Control::Create { vmid, node, conf };
        self.and_back(now, Control::Destroy { vmid }, [create, Control::Start { vmid }]);
    }
}
