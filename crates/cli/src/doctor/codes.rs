//! What each finding means.

use serde::Serialize;
use vm_autoscale_config::DoctorCode as Code;

use crate::args::Format;
use crate::{Error, json, say};

/// Prints them.
pub(super) fn print(codes: &[Code], format: Format) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Page {
        code: Code,
        text: &'static str,
    }
    let pages = || codes.iter().map(|code| Page { code: *code, text: page(*code) });
    match format {
        Format::Json => json(&pages().collect::<Vec<_>>()),
        Format::Text => {
            let pages: Vec<String> =
                pages().map(|page| format!("{}  {}\n", page.code, page.text)).collect();
            say(&pages.concat())
        }
    }
}

/// A line what is so, then why it counts and what helps.
#[rustfmt::skip]
pub(super) fn page(code: Code) -> &'static str {
    match code {
        Code::D101 => "`hotplug` has no cpu.
      Only with it QEMU starts with vCPUs that can be plugged and unplugged. It takes effect at a
      power cycle, and what `hotplug` has else is kept.",
        Code::D110 => "Sockets x cores are more than a node has CPUs.
      Proxmox starts no such VM there, however few vCPUs are plugged. WARN where that is another
      node than its own: it does not come up there after a migration with a restart, or a failover.",
        Code::D120 => "All of sockets x cores are plugged, and `max_cores` would allow more.
      Without `vcpus` all of them are plugged, not one. More `cores` with `vcpus` at what it has now
      leave room above, and take a power cycle. It has to start on the smallest node, too.",
        Code::D130 => "The operating system, by `ostype`, gives no vCPU back.
      Windows and BSDs do not. With `cpu_lever: auto` the limit on CPU time takes instead.",
        Code::D131 => "The guest kept a vCPU that was to be taken.
      After three times in a row it is asked once a day, and `cpu_lever: auto` takes by `cpulimit`.
      It is forgotten when the VM was powered off and on, or gives one.",
        Code::D132 => "The guest does not use the vCPUs that it was given last.
      Many distributions leave a new vCPU switched off; a udev rule in the guest switches it on.
      Seen only where its agent answers.",
        Code::D201 => "NUMA is off: Proxmox plugs DIMMs only with `numa: 1`.",
        Code::D202 => "`hotplug` has no memory.
      A VM that has it does not start without NUMA, below 1024 MiB, between two steps of the ladder
      of DIMMs, or with a NUMA topology of its own: the command sets all of that with it. In the
      guest, memory beyond the first 1024 MiB stays unused until its kernel onlines it (D231).",
        Code::D203 => "A NUMA topology of its own (`numa0`, `numa1` …).
      With memory hotplug the VM does not start.",
        Code::D204 => "A virtiofs share: with memory hotplug the VM does not start.
      The share is worth more to its users than scaling: look after its CPU alone.",
        Code::D205 => "Less than 1024 MiB: with memory hotplug the VM does not start.",
        Code::D206 => "A size between two steps of the ladder of DIMMs.
      With memory hotplug the VM does not start. The next larger step is proposed.",
        Code::D207 => "Huge pages: its memory is left alone.
      They pin it, and pages of 1 GiB make its ladder of sizes another one.",
        Code::D208 => "A device of the host (`hostpci`) pins all of its memory.
      What the guest gives back by its balloon stays with the device, and helps nobody.",
        Code::D210 => "No balloon device (`balloon: 0`).
      The guest cannot be asked what it could spare: memory is never taken, and grows late. FAIL
      where the balloon is the lever.",
        Code::D211 => "The balloon is the lever, and `shares` is not 0.
      Automatic ballooning would move it, too. `shares 0` is in effect at once.",
        Code::D212 => "`balloon` is set, which leaves the memory to automatic ballooning.
      Two controllers would fight: its DIMMs are left alone. Without the key the device stays.",
        Code::D213 => "`balloon` is above `memory`: Proxmox refuses every change of either.",
        Code::D214 => "The balloon driver did not answer when it was asked.
      Proxmox's figure alone counts page cache as used: memory is never taken, and grows late.",
        Code::D230 => "The guest kept a DIMM that was to be taken.
      Memory that its kernel onlined as `online` may hold what cannot be moved; `online_movable`
      keeps it free of that.",
        Code::D231 => "The guest does not use all memory that is plugged.
      Its kernel leaves new DIMMs offline, at a boot also those that are there; a kernel parameter
      has it use them. Until then more memory would be wasted, and it gets none.",
        Code::D301 => "Changes of others wait in `[PENDING]` for a power cycle.
      The next start would apply them, and a change of ours would come between: it is left alone.",
        Code::D302 => "QEMU has another size than the config says, as after a late unplug.
      A change would begin from what is not so. Where QEMU has fewer vCPUs, setting the config to
      its number makes them agree; all else takes a power cycle.",
        Code::D303 => "Another task has locked the VM, as a backup that can take hours.",
        Code::D304 => "A template: it never runs.",
        Code::D305 => "The VM does not run. What was said of its last run is not told.",
        Code::D306 => "The HA manager moves, stops or fences it, or gave it up.",
        Code::D307 => "Its config could not be read, so that nothing else can be said.",
        Code::D308 => "The cluster does not see its node.",
        Code::D401 => "The agent is off (`agent`).
      It says how many vCPUs the guest uses; without it a change counts once QEMU has it. It takes
      qemu-guest-agent in the guest, and a power cycle for its device.",
        Code::D402 => "The agent is on in the config and did not answer after the last growth.",
    }
}
