//! How long the helper takes to refuse, over its real socket, and what many refusals leave in it.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use vm_autoscale_lab::Control;
use vm_autoscale_protocol::{Request, Target, encode};
use vm_autoscale_proxmox::{NodeName, VmConfig, VmId};
use vm_autoscale_scheduler::{Helper as _, HelperClient, Purpose};
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::table::{Table, median};

const REFUSALS: usize = 10_000;

/// Asks for a vCPU more than the rules allow, while nothing else happens and while a change hangs.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn measure(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    // Its looks are not what is measured here.
    if let Some(scheduler) = &mut stage.scheduler {
        scheduler.stop()?;
    }
    let (first, second) = (NodeName::try_from("pve1"), NodeName::try_from("pve2"));
    let (first, second) = first.and_then(|first| Ok((first, second?))).map_err(io::Error::other)?;
    let (target, _) = read(stage, &first, 101)?;
    let beyond = call(target, 65)?;
    times(stage, &beyond, 1000)?;
    let before = resident(stage)?;
    let alone = times(stage, &beyond, REFUSALS)?;
    let left = resident(stage)? - before;
    row(table, "a refusal by the rules, p99 of 10,000", alone);

    let (target, vcpus) = read(stage, &second, 102)?;
    stage.control(Control::Hang { node: second.clone(), on: true })?;
    let mut hung = connect(stage)?;
    hung.write_all(&call(target, vcpus)?)?;
    while stage.node_stats()?.hanging.get("SetVcpus") != Some(&1) {
        pause(Duration::from_millis(20));
    }
    let beside = times(stage, &beyond, REFUSALS)?;
    let still = stage.node_stats()?.hanging.get("SetVcpus") == Some(&1);
    stage.control(Control::Hang { node: second, on: false })?;
    answer(&mut hung)?;
    if !still {
        return Err(io::Error::other("the change did not hang"));
    }
    row(table, "the same while a change is under way", beside);
    table.promise("memory that 10,000 refusals leave in the helper", 1.0, "MiB", left, "");
    Ok(())
}

fn row(table: &mut Table, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(Duration::MAX);
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let (p99, most) = (ms(at(99)), times.last().copied().map_or(0.0, ms));
    let note = format!(" (median {:.3}, longest {most:.1})", ms(median(times)));
    table.promise(what, 1.0, "ms", p99, &note);
}

/// Asks one after the other, over one connection; from the first byte out to the last one back.
fn times(stage: &Stage, request: &[u8], count: usize) -> io::Result<Vec<Duration>> {
    let mut stream = connect(stage)?;
    let mut each = || {
        let begun = Instant::now();
        stream.write_all(request)?;
        let reply = answer(&mut stream)?;
        let took = begun.elapsed();
        let is_refused = reply.windows(8).any(|part| part == b".Refused");
        let said = || io::Error::other(String::from_utf8_lossy(&reply).into_owned());
        if is_refused { Ok(took) } else { Err(said()) }
    };
    (0..count).map(|_| each()).collect()
}

fn answer(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let (mut reply, mut bytes) = (Vec::new(), [0; 4096]);
    while reply.last() != Some(&0) {
        match stream.read(&mut bytes)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => reply.extend_from_slice(bytes.get(..count).unwrap_or_default()),
        }
    }
    Ok(reply)
}

fn connect(stage: &Stage) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(stage.path("helper.sock"))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

fn call(target: Target, vcpus: u32) -> io::Result<Vec<u8>> {
    let vcpus = vcpus.try_into().map_err(io::Error::other)?;
    let call = Request::SetVcpus { target, vcpus }.to_call().map_err(io::Error::other)?;
    encode(&call).map_err(io::Error::other)
}

/// What a change of that VM is for, and the vCPUs that it has.
fn read(stage: &Stage, node: &NodeName, vm: u32) -> io::Result<(Target, u32)> {
    let client = HelperClient::new(stage.path("helper.sock"));
    let vmid = VmId::try_from(vm).map_err(io::Error::other)?;
    let cluster: vm_autoscale_proxmox::ClusterName = "lab".try_into().map_err(io::Error::other)?;
    let (owner, vmids) = (node.clone(), vec![vmid]);
    let read = Request::ReadConfigs { cluster: cluster.clone(), node: node.clone(), owner, vmids };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(client.read_configs(&read, Purpose::Change));
    let mut found = found.map_err(io::Error::other)?.into_iter().filter_map(|reply| reply.found);
    let found = found.next().ok_or(io::ErrorKind::NotFound)?;
    let config = VmConfig::parse(&found.text).map_err(io::Error::other)?;
    let vcpus = config.plugged_vcpus().map_err(io::Error::other)?.get();
    Ok((Target { cluster, node: node.clone(), vmid, digest: found.digest }, vcpus))
}

/// MiB.
fn resident(stage: &Stage) -> io::Result<f64> {
    let helper = stage.helper.as_ref().ok_or(io::ErrorKind::NotFound)?;
    helper.memory("VmRSS").map(|kib| kib / 1024.0)
}
