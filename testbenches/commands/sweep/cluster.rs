//! A cluster of one machine: munged, slurmctld and slurmd of the Debian packages, with their files in one folder and on
//! ports of their own. They run as the user who runs the tests, root or not.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for anything that the daemons do.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Cluster {
    folder: tempfile::TempDir,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts the daemons and waits until jobs can run.
    pub fn start() -> Self {
        let mut cluster = Self { folder: tempfile::tempdir().expect("a folder"), daemons: vec![] };
        let path = |name: &str| cluster.folder.path().join(name);
        for name in ["state", "spool"] {
            fs::create_dir(path(name)).expect("a folder");
        }
        // No secret: it keeps nobody out but other clusters.
        let key: Vec<u8> = (0..128).collect();
        fs::write(path("munge.key"), key).expect("a file");
        let only_owner = Command::new("chmod").arg("600").arg(path("munge.key")).status();
        assert!(only_owner.expect("chmod starts").success());
        fs::write(path("slurm.conf"), cluster.configuration()).expect("a file");
        // The first version needs no mounted control groups where nothing is confined.
        fs::write(path("cgroup.conf"), "CgroupPlugin=cgroup/v1\n").expect("a file");

        let munge = [("key-file", "munge.key"), ("socket", "munge.socket"), ("pid-file", "munged.pid")]
            .into_iter()
            .chain([("log-file", "munged.log"), ("seed-file", "munge.seed")])
            .map(|(option, file)| format!("--{option}={}", path(file).display()));
        let munge: Vec<String> = ["--foreground".into(), "--force".into()].into_iter().chain(munge).collect();
        cluster.daemon("munged", &munge);
        cluster.wait("munged", || cluster.folder.path().join("munge.socket").exists());
        cluster.daemon("slurmctld", &["-D".into()]);
        cluster.daemon("slurmd", &["-D".into()]);
        cluster.wait("slurmd", || cluster.tool("sinfo", &["-h", "-o", "%t"]).trim() == "idle");
        cluster
    }

    /// The configuration's path, for the variable SLURM_CONF.
    pub fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// Standard output of a tool of Slurm.
    pub fn tool(&self, name: &str, args: &[&str]) -> String {
        let output = command(name).args(args).env("SLURM_CONF", self.conf()).output();
        let output = output.unwrap_or_else(|error| panic!("{name}: {error}; scripts/setup.sh installs it"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits for something that the daemons do.
    pub fn wait(&self, what: &str, there: impl Fn() -> bool) {
        let start = Instant::now();
        while !there() {
            assert!(start.elapsed() < PATIENCE, "{what} takes too long: {}", self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until no job is left.
    pub fn drain(&self) {
        self.wait("the queue", || self.tool("squeue", &["-h"]).is_empty());
    }

    fn daemon(&mut self, name: &str, args: &[String]) {
        let log = |kind: &str| fs::File::create(self.folder.path().join(format!("{name}.{kind}"))).expect("a file");
        let mut command = command(name);
        command.args(args).env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        let child = command.stdout(log("out")).stderr(log("err")).spawn();
        self.daemons.push(child.unwrap_or_else(|error| panic!("{name}: {error}; scripts/setup.sh installs it")));
    }

    fn configuration(&self) -> String {
        let said = |name: &str, args: &[&str]| {
            let output = Command::new(name).args(args).output().expect("a usual command");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        let (host, user) = (said("hostname", &["-s"]), said("id", &["-un"]));
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let [controller, node] = free_ports();
        [
            ("ClusterName", "test".into()),
            ("SlurmctldHost", format!("{host}(127.0.0.1)")),
            ("SlurmUser", user.clone()),
            ("SlurmdUser", user),
            ("AuthType", "auth/munge".into()),
            ("CredType", "cred/munge".into()),
            ("AuthInfo", format!("socket={}", path("munge.socket"))),
            ("SlurmctldPort", controller.to_string()),
            ("SlurmdPort", node.to_string()),
            ("StateSaveLocation", path("state")),
            ("SlurmdSpoolDir", path("spool")),
            ("SlurmctldPidFile", path("slurmctld.pid")),
            ("SlurmdPidFile", path("slurmd.pid")),
            ("ProctrackType", "proctrack/linuxproc".into()),
            ("TaskPlugin", "task/none".into()),
            ("SwitchType", "switch/none".into()),
            ("MpiDefault", "none".into()),
            ("JobAcctGatherType", "jobacct_gather/none".into()),
            ("SelectType", "select/cons_tres".into()),
            ("SelectTypeParameters", "CR_Core".into()),
            // Tasks follow each other at once instead of in seconds.
            ("SchedulerParameters", "batch_sched_delay=0,sched_interval=1,sched_min_interval=0".into()),
            ("ReturnToService", "2".into()),
            ("KillWait", "2".into()),
            // Two tasks at a time on any machine.
            ("SlurmdParameters", "config_overrides".into()),
            ("NodeName", format!("{host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN")),
            ("PartitionName", "test Nodes=ALL Default=YES MaxTime=INFINITE State=UP".into()),
        ]
        .map(|(key, value): (&str, String)| format!("{key}={value}\n"))
        .concat()
    }

    fn logs(&self) -> String {
        let files = fs::read_dir(self.folder.path()).into_iter().flatten().flatten().map(|file| file.path());
        let logs = files.filter(|path| path.extension().is_some_and(|e| e == "out" || e == "err" || e == "log"));
        let text = |path: PathBuf| format!("{}:\n{}\n", path.display(), fs::read_to_string(&path).unwrap_or_default());
        logs.map(text).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs would outlive the daemons.
        let _ = command("scancel").args(["--state=RUNNING"]).env("SLURM_CONF", self.conf()).status();
        let _ = command("scancel").args(["--state=PENDING"]).env("SLURM_CONF", self.conf()).status();
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Daemons are where users do not look for programs.
fn command(name: &str) -> Command {
    let place = Path::new("/usr/sbin").join(name);
    Command::new(if place.exists() { place } else { name.into() })
}

/// Two ports that nobody listens on.
fn free_ports() -> [u16; 2] {
    let listeners = [0, 1].map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
