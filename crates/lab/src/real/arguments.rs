//! QEMU's command line, in Proxmox's shape (`qm showcmd`).

use vm_autoscale_proxmox::Ladder;

use super::error::Error;
use super::image::Image;
use super::spec::Spec;
use crate::guest::BASE_MIB;

/// One that software emulation has, and that Linux puts hot-plugged CPUs to use with.
const CPU: &str = "qemu64";

/// Translated code that QEMU keeps, in MiB; the default of 1 GiB for each VM is too much for many.
const CODE_MIB: u32 = 128;

/// A CPU as `-device` and `device_add` take it; `number` counts from 1, the boot CPU.
pub(super) fn cpu(number: u32, cores: u32) -> String {
    let (index, cores) = (number.saturating_sub(1), cores.max(1));
    let (socket, core) = (index / cores, index % cores);
    format!("{CPU}-x86_64-cpu,id=cpu{number},socket-id={socket},core-id={core},thread-id=0")
}

/// All of them. Paths in them are relative to the lab's directory, so that a long one fits into
/// a socket's address.
pub(super) fn all(spec: &Spec, image: &Image) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    let mut option = |name: &str, value: String| all.extend([name.to_owned(), value]);
    let vmid = spec.vmid;
    option("-accel", format!("tcg,thread=multi,tb-size={CODE_MIB}"));
    option("-name", format!("vm{vmid},debug-threads=on"));
    option("-chardev", format!("socket,id=qmp,path={vmid}.qmp,server=on,wait=off"));
    option("-mon", "chardev=qmp,mode=control".into());
    option("-cpu", CPU.into());
    option("-machine", "type=pc".into());
    option("-display", "none".into());
    for state in ["s3", "s4"] {
        option("-global", format!("PIIX4_PM.disable_{state}=1"));
    }
    cpus(spec, &mut option)?;
    memory(spec, &mut option)?;
    if spec.balloon {
        let device = "virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3,free-page-reporting=on";
        option("-device", device.into());
    }
    option("-chardev", format!("file,id=serial0,path={vmid}.console"));
    option("-chardev", format!("socket,id=serial1,path={vmid}.serial1,server=on,wait=off"));
    for serial in ["serial0", "serial1"] {
        option("-device", format!("isa-serial,chardev={serial}"));
    }
    option("-kernel", image.kernel.display().to_string());
    option("-initrd", image.initramfs.display().to_string());
    option("-append", kernel(spec));
    all.extend(["-no-shutdown", "-nodefaults", "-no-user-config"].map(str::to_owned));
    Ok(all)
}

/// Where CPUs can be plugged, all but the first are devices, as only those can be unplugged.
fn cpus(spec: &Spec, option: &mut impl FnMut(&str, String)) -> Result<(), Error> {
    let Spec { vmid, sockets, cores, vcpus, .. } = *spec;
    if vcpus == 0 || vcpus > spec.most_cpus() {
        let why = format!("{vcpus} vCPUs do not fit into {sockets} sockets of {cores} cores");
        return Err(Error::Start { vmid, why });
    }
    let (sockets, most) = (spec.all_sockets(), spec.threads());
    let first = if spec.hotplug.cpu { 1 } else { vcpus };
    option("-smp", format!("{first},sockets={sockets},cores={cores},maxcpus={most}"));
    for number in first + 1..=vcpus {
        option("-device", cpu(number, cores));
    }
    Ok(())
}

fn memory(spec: &Spec, option: &mut impl FnMut(&str, String)) -> Result<(), Error> {
    let dimms = spec.dimms()?;
    let base = if spec.hotplug.memory { BASE_MIB } else { spec.memory };
    let slots = format!("size={base},slots=255,maxmem={}M", Ladder::USUAL_MAX_MIB);
    option("-m", if spec.hotplug.memory { slots } else { base.to_string() });
    if spec.numa {
        for node in 0..spec.nodes() {
            let size = base / spec.nodes();
            // The last node has the CPUs that never come.
            let end = if node + 1 == spec.nodes() { spec.all_sockets() } else { node + 1 };
            let (first, last) = (node * spec.cores, end * spec.cores - 1);
            let cpus = if first == last { first.to_string() } else { format!("{first}-{last}") };
            option("-object", backend(&format!("ram-node{node}"), size));
            option("-numa", format!("node,nodeid={node},cpus={cpus},memdev=ram-node{node}"));
        }
    }
    for (number, size) in (0u32..).zip(dimms) {
        let node = number % spec.nodes();
        option("-object", backend(&format!("mem-dimm{number}"), size));
        let dimm = format!("pc-dimm,id=dimm{number},memdev=mem-dimm{number},node={node}");
        option("-device", dimm);
    }
    Ok(())
}

fn backend(id: &str, mib: u32) -> String {
    format!("memory-backend-ram,id={id},size={mib}M")
}

fn kernel(spec: &Spec) -> String {
    let (memory, onlines) = (spec.onlines.memory(), spec.onlines.word());
    // Linux sets memory aside for each CPU that it believes possible.
    let most = spec.most_cpus();
    let quick = "console=ttyS0 loglevel=4 mitigations=off";
    format!("{quick} possible_cpus={most} memhp_default_state={memory} onlines={onlines}")
}
