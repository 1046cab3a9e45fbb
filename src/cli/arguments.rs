//! The whole command line as plain data. Nothing is looked up or opened here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::settings::Overrides;

/// A terminal cockpit for people who run several EKS clusters as one platform.
///
/// Without a command it opens the cockpit over every context of the kubeconfig. Data goes to stdout, talk to stderr.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "pilothouse",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 findings at or above --fail-on,\n\
                  4 partly unknown, 5 refused by the guard, 130 interrupted.",
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do; the cockpit when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Of the cockpit.
    #[command(flatten)]
    pub cockpit: CockpitFlags,
    /// Of every command.
    #[command(flatten)]
    pub common: CommonFlags,
}

/// Flags of the cockpit alone.
#[derive(Clone, Debug, Default, Args)]
pub struct CockpitFlags {
    /// The view that opens first: anything that `:` takes
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Where")]
pub struct CommonFlags {
    /// Only the clusters of this environment
    #[arg(long, global = true, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
    /// Only this cluster, by name, kubeconfig context or pattern; may be repeated
    #[arg(long, short, global = true, alias = "context", value_name = "CLUSTER")]
    pub cluster: Vec<String>,
    /// Only this namespace
    #[arg(long, short, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The embedded world instead of clusters: no credentials, no network
    #[arg(
        long,
        global = true,
        value_name = "SCENARIO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub demo: Option<String>,
    /// The kubeconfig file, instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The settings file, instead of $PILOTHOUSE_CONFIG and the one that `config path` names
    #[arg(long, global = true, value_name = "FILE", help_heading = "How")]
    pub config: Option<PathBuf>,
    /// Refuse every change, whatever the guards say
    #[arg(long, global = true, help_heading = "How")]
    pub read_only: bool,
    /// A theme that `themes list` names, or auto
    #[arg(long, global = true, value_name = "THEME", help_heading = "How")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true, help_heading = "How")]
    pub ascii: bool,
}

impl CommonFlags {
    /// What these flags set over the settings.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            view: None,
            environment: self.env.clone(),
            clusters: self.cluster.clone(),
            namespace: self.namespace.clone(),
            theme: self.theme.clone(),
            ascii: self.ascii,
            read_only: self.read_only,
        }
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Open the cockpit on the embedded world: no cluster, no account, no network
    Demo(DemoArguments),
    /// Print what a view shows
    Get(GetArguments),
    /// Follow a hostname through every cluster, hop by hop, to what is broken
    Path(PathArguments),
    /// Print one frame of the cockpit
    Screenshot(ScreenshotArguments),
    /// Say what works and what does not, and the line that fixes it
    Doctor(DoctorArguments),
    /// Print, check or create the settings file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List or preview the themes
    #[command(subcommand)]
    Themes(ThemesCommand),
    /// Print the completion script of a shell
    Completions(CompletionsArguments),
    /// Print the manual page, of all or of one command
    Man(ManArguments),
}

/// `demo [SCENARIO]`
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArguments {
    /// What is going on in the embedded world; all is well when left out
    pub scenario: Option<String>,
    /// List the scenarios
    #[arg(long, conflicts_with = "scenario")]
    pub list: bool,
    /// Of the cockpit.
    #[command(flatten)]
    pub cockpit: CockpitFlags,
}

/// `get VIEW [NAME]`
#[derive(Clone, Debug, Args)]
pub struct GetArguments {
    /// A view or a kind, by any of its names: pods, deploy, certificates.cert-manager.io
    pub view: String,
    /// Only the object of this name; what a view is asked: get path HOSTNAME, get who-can VERB RESOURCE
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How to print it
    #[arg(long, short, value_enum, default_value_t)]
    pub output: GetOutput,
    /// Go on printing what changes
    #[arg(long, short)]
    pub watch: bool,
    /// Leave out the header line
    #[arg(long)]
    pub no_headers: bool,
    /// Sort by this column; with a leading - in reverse
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort_by: Option<String>,
    /// Only the rows that this filter keeps, as after / in the cockpit: text, !not, -l app=web, -f restarts>3
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// All namespaces, whatever the settings say
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// With the columns of wide mode
    #[arg(long)]
    pub wide: bool,
    /// How long to wait for clusters that do not answer; what is missing then is told as unknown
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub timeout: Duration,
}

/// How `get` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GetOutput {
    /// Aligned columns
    #[default]
    Table,
    /// One JSON document; with --watch one line for each change
    Json,
    /// The same as YAML
    Yaml,
    /// kind/name, one a line
    Name,
}

/// `path HOSTNAME`
#[derive(Clone, Debug, Args)]
pub struct PathArguments {
    /// The hostname, or an address with one
    pub hostname: String,
    /// How to print it
    #[arg(long, short, value_enum, default_value_t)]
    pub output: PathOutput,
    /// How long to wait for clusters that do not answer; what is missing then is told as unknown
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub timeout: Duration,
}

/// How `path` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PathOutput {
    /// A line for each hop, what it stands on below it
    #[default]
    Tree,
    /// One JSON document
    Json,
}

/// `screenshot VIEW`
#[derive(Clone, Debug, Args)]
pub struct ScreenshotArguments {
    /// The view, as `:` takes it
    pub view: String,
    /// Columns and rows
    #[arg(long, value_name = "WxH", value_parser = size, default_value = "120x40")]
    pub size: (u16, u16),
    /// What to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: PictureFormat,
    /// How long to wait for clusters that do not answer
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub timeout: Duration,
}

/// What a picture is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    /// Characters alone
    #[default]
    Text,
    /// Characters with colours for a terminal
    Ansi,
    /// A vector graphic
    Svg,
}

/// `doctor`
#[derive(Clone, Debug, Args)]
pub struct DoctorArguments {
    /// How long to wait for clusters that do not answer
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s")]
    pub timeout: Duration,
    /// Print the IAM policy that allows all that is read of AWS, and nothing else
    #[arg(long)]
    pub iam_policy: bool,
}

/// `config …`
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in effect, with their comments
    Print {
        /// Print the defaults instead
        #[arg(long)]
        defaults: bool,
    },
    /// Say what is wrong in the settings file
    Check,
    /// Print where the settings file is
    Path,
    /// Write the commented defaults, where no file is yet
    Init {
        /// Write a first blueprint of what this cluster has instead
        #[arg(long, value_name = "NAME")]
        from_cluster: Option<String>,
    },
}

/// `themes …`
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ThemesCommand {
    /// Print the names of the themes
    List,
    /// Print how a theme looks in this terminal
    Preview {
        /// A theme that `themes list` names; all of them when left out
        name: Option<String>,
    },
}

/// `completions SHELL`
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArguments {
    /// The shell to complete in
    pub shell: Shell,
}

/// `man`
#[derive(Clone, Debug, Args)]
pub struct ManArguments {
    /// Only this command
    pub command: Option<String>,
}

/// `120x40`
fn size(text: &str) -> Result<(u16, u16), String> {
    let sides = text.split_once(['x', 'X', '×']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((width @ 20..=500, height @ 5..=300)) => Ok((width, height)),
        Some(_) => Err("a frame is from 20x5 to 500x300".to_owned()),
        None => Err("columns and rows, for example 160x45".to_owned()),
    }
}

/// `500ms`, `10s`, `2m`
fn duration(text: &str) -> Result<Duration, String> {
    crate::settings::document::parse_duration(text)
        .ok_or_else(|| "a number with ms, s, m or h, for example 10s".to_owned())
}
