use std::sync::Arc;

use russh::client::{self, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{ChannelMsg, Disconnect};

use super::*;
use crate::{Answer, Control};

/// Trusts one host key.
struct Client(PublicKey);

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(
            matches!(key, PublicKeyOrCertificate::PublicKey { key, .. } if key.key_data() == self.0.key_data()),
        )
    }
}

async fn connect(
    server: &Server,
    host: &PrivateKey,
    key: PrivateKey,
) -> Result<Option<Handle<Client>>, russh::Error> {
    let client = Client(host.public_key().clone());
    let mut handle = client::connect(Arc::default(), server.address(), client).await?;
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    let in_ = handle.authenticate_publickey("root", key).await?.success();
    Ok(in_.then_some(handle))
}

async fn exec(handle: &Handle<Client>, line: &str) -> Answer {
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, line).await.unwrap();
    let mut answer = Answer { exit: 99, ..Answer::default() };
    while let Some(message) = channel.wait().await {
        let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
        match message {
            ChannelMsg::Data { data } => answer.stdout.push_str(&text(&data)),
            ChannelMsg::ExtendedData { data, ext: 1 } => answer.stderr.push_str(&text(&data)),
            ChannelMsg::ExitStatus { exit_status } => {
                answer.exit = u8::try_from(exit_status).unwrap();
            }
            _ => {}
        }
    }
    answer
}

fn lab(vms: u32) -> Lab {
    Lab::new(&Options { vms, qm_time: 0.02, ..Options::new().unwrap() }).unwrap()
}

async fn serve(lab: &Lab) -> Server {
    listen(lab, &pve1(), ([127, 0, 0, 1], 0).into(), None).await.unwrap()
}

const READ_POOLS: &str =
    "/usr/bin/grep -a -s -H -e starttime -e pool: /etc/pve/.version /etc/pve/user.cfg";

#[tokio::test]
async fn one_key_executes_lines_on_several_channels() {
    let lab = lab(2000);
    let server = serve(&lab).await;
    let handle =
        connect(&server, &lab.host_key(&pve1()).unwrap(), lab.client_key()).await.unwrap().unwrap();
    let digest = lab.vms()[0].digest.clone();
    let cluster = vm_autoscale_proxmox::NodeCommand::ReadCluster.line();
    let set = format!("/usr/sbin/qm set 101 --cpulimit 1 --digest {digest}");
    let (set, read) = tokio::join!(exec(&handle, &set), exec(&handle, &cluster));
    assert_eq!(set, Answer::ok("update VM 101: -cpulimit 1\n"));
    assert!(read.stdout.len() > 500_000 && read.exit == 2, "{} {}", read.stdout.len(), read.exit);
    let refused = exec(&handle, "id").await;
    assert_eq!((refused.exit, refused.stdout.as_str()), (127, ""));
    assert!(!refused.stderr.is_empty());
    let stats = lab.stats();
    assert_eq!((stats.connections, stats.logins, stats.execs, stats.refused), (1, 1, 3, 1));
    assert_eq!((stats.changes_zero, stats.changes_nonzero), (1, 0));
    handle.disconnect(Disconnect::ByApplication, "", "").await.unwrap();
}

#[tokio::test]
async fn the_eleventh_session_is_refused() {
    let lab = lab(1);
    let server = serve(&lab).await;
    let host = lab.host_key(&pve1()).unwrap();
    let handle = connect(&server, &host, lab.client_key()).await.unwrap().unwrap();
    for _ in 0..12 {
        assert_eq!(exec(&handle, READ_POOLS).await.exit, 0, "one after the other");
    }
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(handle.channel_open_session().await.unwrap());
    }
    let refused = handle.channel_open_session().await.map(drop).unwrap_err();
    let wanted = russh::ChannelOpenFailure::ConnectFailed;
    assert!(matches!(refused, russh::Error::ChannelOpenFailure(why) if why == wanted));
    let mut first = open.remove(0);
    first.exec(true, READ_POOLS).await.unwrap();
    while first.wait().await.is_some() {}
    assert_eq!(exec(&handle, READ_POOLS).await.exit, 0);
}

#[tokio::test]
async fn who_rejects_the_host_key_has_sent_nothing_else() {
    let lab = lab(1);
    let server = serve(&lab).await;
    let old = lab.host_key(&pve1()).unwrap();
    lab.control(Control::NewHostKey { node: None }).unwrap();
    assert!(connect(&server, &old, lab.client_key()).await.is_err());
    let stats = lab.stats();
    assert_eq!((stats.connections, stats.logins, stats.execs, stats.auth_requests), (1, 0, 0, 0));
    assert!(stats.pre_auth_bytes > 0);
    assert!(lab.history(0).iter().all(|entry| entry.kind == "Control"));
    assert!(
        connect(&server, &lab.host_key(&pve1()).unwrap(), lab.client_key())
            .await
            .unwrap()
            .is_some()
    );
    assert!(lab.stats().auth_requests > 0);
}

#[tokio::test]
async fn no_other_key_no_shell_no_forwarding() {
    let lab = lab(1);
    let own = key().unwrap();
    let server =
        listen(&lab, &pve1(), ([127, 0, 0, 1], 0).into(), Some(own.clone())).await.unwrap();
    assert!(connect(&server, &own, key().unwrap()).await.unwrap().is_none());
    let handle = connect(&server, &own, lab.client_key()).await.unwrap().unwrap();
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    channel.request_shell(true).await.unwrap();
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    assert!(handle.channel_open_direct_tcpip("127.0.0.1", 22, "127.0.0.1", 1).await.is_err());
    assert!(handle.tcpip_forward("127.0.0.1", 0).await.is_err());
    assert_eq!(exec(&handle, READ_POOLS).await.exit, 0);
    server.disconnect_all();
    assert!(handle.channel_open_session().await.is_err());
}

#[tokio::test]
async fn who_stands_in_the_administrators_file_is_let_in() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("authorized_keys");
    let authorized_keys = Some(path.clone());
    let options = Options { vms: 1, authorized_keys, ..Options::new().unwrap() };
    let lab = Lab::new(&options).unwrap();
    let (server, host) = (serve(&lab).await, lab.host_key(&pve1()).unwrap());
    let (other, another) = (key().unwrap(), key().unwrap());
    assert!(connect(&server, &host, other.clone()).await.unwrap().is_none(), "no file");
    let line = other.public_key().to_openssh().unwrap();
    let gated = r#"restrict,from="127.0.0.1",command="/usr/libexec/vm-autoscale/gate""#;
    std::fs::write(&path, format!("# root's\nno key\n{gated} {line} vm-autoscale\n")).unwrap();
    let handle = connect(&server, &host, other.clone()).await.unwrap().unwrap();
    assert!(exec(&handle, READ_POOLS).await.stdout.contains("starttime"));
    assert!(connect(&server, &host, another).await.unwrap().is_none());
    std::fs::write(&path, "").unwrap();
    assert!(connect(&server, &host, other).await.unwrap().is_none(), "taken away");
}

fn pve1() -> NodeName {
    NodeName::try_from("pve1").unwrap()
}
