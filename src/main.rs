//! The program; see [`unrolled::cli`].

fn main() -> std::process::ExitCode {
    unrolled::cli::main()
}
