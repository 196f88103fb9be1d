//! What is given to QEMU and read back, without one; and real guests.

use vm_autoscale_proxmox::{Hotplug, VmId};

use super::*;

pub(crate) mod guests;
mod sockets;

fn id(vmid: u32) -> VmId {
    VmId::try_from(vmid).unwrap()
}

fn spec(vmid: u32) -> Spec {
    Spec {
        vmid: id(vmid),
        sockets: 1,
        cores: 4,
        vcpus: 1,
        memory: 1024,
        hotplug: Hotplug { cpu: true, memory: true },
        numa: true,
        balloon: true,
        onlines: Onlines::Movable,
    }
}

fn arguments(spec: &Spec) -> Result<String, Error> {
    let image = Image { dir: "/lab".into(), kernel: "/k/vmlinuz".into(), initramfs: "/i".into() };
    arguments::all(spec, &image).map(|all| all.join(" "))
}

#[test]
fn arguments_have_proxmox_s_shape() {
    // By `qm showcmd 112 --pretty` and its fellow of two sockets, but for spare sockets.
    let all = arguments(&Spec { vcpus: 3, memory: 2048, ..spec(112) }).unwrap();
    for part in [
        "-name vm112,debug-threads=on ",
        "-chardev socket,id=qmp,path=112.qmp,server=on,wait=off -mon chardev=qmp,mode=control ",
        "-smp 1,sockets=63,cores=4,maxcpus=252 \
         -device qemu64-x86_64-cpu,id=cpu2,socket-id=0,core-id=1,thread-id=0 \
         -device qemu64-x86_64-cpu,id=cpu3,socket-id=0,core-id=2,thread-id=0 \
         -m size=1024,slots=255,maxmem=524288M \
         -object memory-backend-ram,id=ram-node0,size=1024M \
         -numa node,nodeid=0,cpus=0-251,memdev=ram-node0 \
         -object memory-backend-ram,id=mem-dimm0,size=512M \
         -device pc-dimm,id=dimm0,memdev=mem-dimm0,node=0 \
         -object memory-backend-ram,id=mem-dimm1,size=512M \
         -device pc-dimm,id=dimm1,memdev=mem-dimm1,node=0 ",
        "-device virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3,free-page-reporting=on ",
    ] {
        assert!(all.contains(part), "{part}\nis not in\n{all}");
    }
    let two = Spec { sockets: 2, cores: 2, vcpus: 3, memory: 18_432, ..spec(101) };
    let all = arguments(&two).unwrap();
    for part in [
        "id=cpu2,socket-id=0,core-id=1,thread-id=0 ",
        "id=cpu3,socket-id=1,core-id=0,thread-id=0 ",
        "-numa node,nodeid=0,cpus=0-1,memdev=ram-node0 ",
        "-numa node,nodeid=1,cpus=2-253,memdev=ram-node1 ",
        "id=ram-node1,size=512M ",
        "-device pc-dimm,id=dimm31,memdev=mem-dimm31,node=1 \
         -object memory-backend-ram,id=mem-dimm32,size=1024M ",
    ] {
        assert!(all.contains(part), "{part}\nis not in\n{all}");
    }
}

#[test]
fn without_hotplug_all_is_there_from_the_start() {
    let hotplug = Hotplug { cpu: false, memory: false };
    let fixed = Spec { vcpus: 3, memory: 700, hotplug, numa: false, balloon: false, ..spec(101) };
    let all = arguments(&fixed).unwrap();
    assert!(all.contains("-smp 3,sockets=1,cores=4,maxcpus=4 -m 700 "), "{all}");
    assert!(!all.contains("cpu2") && !all.contains("balloon") && !all.contains("-numa"), "{all}");
}

#[test]
fn what_cannot_be_started_is_told() {
    let text = |spec| arguments(&spec).unwrap_err().to_string();
    let start = "VM 101 cannot be started: ";
    let numa = Spec { numa: false, ..spec(101) };
    assert_eq!(text(numa), format!("{start}NUMA needs to be enabled for memory hotplug"));
    let many = text(Spec { vcpus: 5, ..spec(101) });
    assert_eq!(many, format!("{start}5 vCPUs do not fit into 1 sockets of 4 cores"));
    for memory in [512, 1300, 17_920] {
        let text = text(Spec { memory, ..spec(101) });
        assert!(text.starts_with(&format!("{start}its memory of {memory} MiB")), "{text}");
    }
}

#[test]
fn a_config_says_what_is_started() {
    let config = "cores: 2\nsockets: 2\nvcpus: 3\nmemory: 2048\nnuma: 1\nballoon: 0\n\
                  hotplug: disk,cpu,memory\n";
    let config = vm_autoscale_proxmox::VmConfig::parse(config).unwrap();
    let spec = Spec::of(id(101), &config, Onlines::Nothing).unwrap();
    assert_eq!((spec.sockets, spec.cores, spec.vcpus, spec.memory), (2, 2, 3, 2048));
    assert_eq!((spec.hotplug, spec.numa, spec.balloon), (config.hotplug, true, false));
    assert!(arguments(&spec).unwrap().contains("memhp_default_state=offline onlines=nothing"));
}

#[test]
fn a_report_reads_back() {
    let lines = ["online: 0-2,5", "present: 0-7", "MemTotal:  929552 kB", "MemFree: 890000 kB"];
    let mut lines = lines.map(str::to_owned).to_vec();
    assert_eq!(GuestReport::parse(&lines), None, "one figure is missing");
    lines.push("MemAvailable:   820000 kB".into());
    let report = GuestReport::parse(&lines).unwrap();
    assert_eq!((report.online_cpus, report.present_cpus), (4, 8));
    assert_eq!(report.mem_total_kib, 929_552);
    assert_eq!(report.mem_available_kib, 820_000);
    assert!(report.meminfo.starts_with("MemTotal:  929552 kB\nMemFree:"));
}
