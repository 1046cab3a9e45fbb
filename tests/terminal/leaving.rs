//! Every way in which a cockpit ends or rests gives the terminal back as it was.

use std::io::Read;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;

use super::assert_given_back;
use crate::harness::cli::Home;
use crate::harness::pty::Pty;

fn cockpit(home: &Home) -> Pty {
    let pty = Pty::at_home(home, "demo --view pods", 100, 30);
    pty.until_shows("argocd-application-controller-0");
    assert!(pty.is_on_alternate_screen());
    pty
}

#[test]
fn quitting_by_name_and_by_ctrl_c_is_success() {
    let home = Home::new();
    for keys in [":q\r", ":quit\r", "\u{3}"] {
        let mut pty = cockpit(&home);
        pty.press(keys);
        assert!(pty.until_ended().success(), "{keys:?}");
        assert_given_back(&pty);
    }
}

#[test]
fn signals_that_end_it_restore_the_terminal_first() {
    let home = Home::new();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut pty = cockpit(&home);
        pty.signal(signal);
        let status = pty.until_ended();
        assert_given_back(&pty);
        if signal == Signal::INT {
            assert_eq!(status.exit_code(), 130);
        }
    }
}

#[test]
fn a_watcher_that_is_interrupted_says_so_by_its_exit_code() {
    let home = Home::new();
    let script = "trap : INT; \"$PILOTHOUSE\" get nodes --demo --watch --no-headers; echo over $?";
    let mut pty = Pty::in_shell(&home, script, 160, 40);
    pty.until_shows("ip-10-");
    pty.press("\u{3}");
    pty.until_ended();
    assert!(pty.screen().contains("over 130"), "{}", pty.screen());
}

#[test]
fn the_line_is_as_the_shell_had_it_after_every_end() {
    let home = Home::new();
    let script = "stty -a | tr ';' '\\n' > before; bash -c 'echo pid=$$; exec \"$PILOTHOUSE\" demo --view pods'; \
                  stty -a | tr ';' '\\n' > after; cmp before after && echo SAME";
    let script = format!("cd {} && {script}", home.path("").display());
    for signal in [None, Some(Signal::TERM)] {
        let mut pty = Pty::in_shell(&home, &script, 100, 30);
        pty.until_shows("argocd-application-controller-0");
        match signal {
            None => pty.press(":q\r"),
            Some(signal) => {
                let written = String::from_utf8_lossy(&pty.written()).into_owned();
                let digits: String =
                    written.split("pid=").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
                let pid = rustix::process::Pid::from_raw(digits.parse().unwrap()).unwrap();
                rustix::process::kill_process(pid, signal).unwrap();
            }
        }
        pty.until_ended();
        assert!(pty.screen().contains("SAME"), "{signal:?}: {}", pty.screen());
    }
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let home = Home::new();
    let script =
        "set -m; \"$PILOTHOUSE\" demo --view pods; echo the shell is back; read line; fg; echo over $?";
    let mut pty = Pty::in_shell(&home, script, 100, 30);
    pty.until_shows("argocd-application-controller-0");
    pty.press("\u{1a}");
    let screen = pty.until_shows("the shell is back");
    assert!(!screen.contains("argocd-application-controller-0"), "{screen}");
    assert_given_back(&pty);
    pty.press("\r");
    pty.until_shows("argocd-application-controller-0");
    assert!(pty.is_on_alternate_screen());
    pty.press("/grafana");
    pty.until("the filter after fg", |screen| !screen.contains("argocd-application-controller-0"));
    pty.press("\u{3}");
    pty.until_ended();
    assert!(pty.screen().contains("over 0"), "{}", pty.screen());
    assert_given_back(&pty);
}

#[test]
fn a_stop_that_nobody_announced_is_mended_on_continue() {
    let home = Home::new();
    let mut pty = cockpit(&home);
    let before = pty.written().len();
    pty.signal(Signal::STOP);
    pty.signal(Signal::CONT);
    pty.until_writes_after(before, b"\x1b[?1049h");
    pty.until_shows("argocd-application-controller-0");
    pty.press(":q\r");
    assert!(pty.until_ended().success());
    assert_given_back(&pty);
}

#[test]
fn a_closed_terminal_ends_the_program() {
    let home = Home::new();
    let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pilothouse"));
    command.args(["demo", "--view", "pods"]);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    for (name, value) in home.variables() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut killer = child.clone_killer();
    let (send, receive) = sync_channel(1);
    std::thread::spawn(move || {
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains("argocd-application-controller-0") {
            match output.read(&mut buffer) {
                Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
                Ok(_) | Err(_) => break,
            }
        }
        drop(output);
        send.send(()).unwrap();
    });
    receive.recv_timeout(Duration::from_secs(20)).unwrap();
    // The last end of the terminal that somebody holds.
    drop(pair.master);
    let (send, receive) = sync_channel(1);
    std::thread::spawn(move || drop(send.send(child.wait())));
    let ended = receive.recv_timeout(Duration::from_secs(10));
    if ended.is_err() {
        drop(killer.kill());
    }
    assert!(ended.is_ok(), "it goes on without a terminal");
}
