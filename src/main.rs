//! The binary: hands the command line over and gives the exit code back.

use std::process::ExitCode;

fn main() -> ExitCode {
    pilothouse::cli::run(std::env::args_os())
}
