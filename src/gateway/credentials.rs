//! Who we say we are: tokens, token files and exec plugins of a kubeconfig's user, and tokens of EKS, which are signed
//! here.
//!
//! Plugins run here and not inside the client library, because what they print is the reason when they fail, and they
//! must never reach for the terminal. One plugin runs at a time for a connection; a failure is remembered for a moment,
//! so that twenty watches of a cluster with an expired login ask once.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use http::HeaderValue;
use kube::config::{AuthInfo, ExecConfig};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::aws::Account;
use super::aws::token::token;
use super::failure::{Cause, Failure, one_line};
use crate::fleet::ProblemKind;
use crate::fleet::time::Clock;

/// A plugin that takes longer waits for somebody to type something.
const PLUGIN_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a failure of a plugin counts for everybody who asks.
const FAILURE_COUNTS: Duration = Duration::from_secs(3);
/// What a plugin just said is not asked for again.
const PLUGIN_COUNTS: Duration = Duration::from_secs(5);
/// A token file is read again this often, as client-go does.
const FILE_COUNTS: Duration = Duration::from_secs(60);
/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// The credentials of one connection.
pub(super) struct Credentials {
    login: Login,
    clock: Clock,
    held: Mutex<Held>,
}

enum Login {
    Nothing,
    Fixed(HeaderValue),
    File(String),
    Exec(Box<ExecConfig>),
    /// A token for what EKS calls so, and the plugin that signs one where it cannot be signed here.
    Signed {
        account: Account,
        cluster: String,
        plugin: Option<Box<ExecConfig>>,
    },
}

#[derive(Default)]
struct Held {
    ticket: Option<Ticket>,
    /// When to obtain another one.
    good_until: Option<Instant>,
    /// Until when it can be used although no other one can be had.
    usable_until: Option<Instant>,
    /// How it was obtained, where that is worth a word.
    by: Option<String>,
    failed: Option<(Instant, Failure)>,
    generation: u64,
}

/// What a request carries.
#[derive(Clone, Default)]
pub(super) struct Ticket {
    /// The `Authorization` header.
    pub(super) header: Option<HeaderValue>,
    /// A client certificate and key in PEM, from an exec plugin.
    pub(super) identity: Option<(String, String)>,
    /// When it was obtained.
    at: Option<Instant>,
    /// Grows whenever the credentials are obtained anew.
    pub(super) generation: u64,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Takes over what the client library would otherwise handle itself; client certificates of the file, impersonation
    /// and legacy providers stay with it.
    pub(super) fn taken_from(user: &mut AuthInfo, clock: Clock) -> Result<Self, Failure> {
        let exec = user.exec.take();
        let token = user.token.take();
        let token_file = user.token_file.take();
        let basic = user.username.take().zip(user.password.take());
        // SecretString can only be read by exposing it, which needs a trait of a crate that is not ours to name; the
        // kubeconfig types serialise it instead.
        let login = if let Some((name, password)) = basic {
            let password = exposed(AuthInfo { password: Some(password), ..AuthInfo::default() }, "password");
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            Login::Fixed(header(&format!("Basic {pair}"))?)
        } else if let Some(token) = token {
            let token = exposed(AuthInfo { token: Some(token), ..AuthInfo::default() }, "token");
            Login::Fixed(header(&format!("Bearer {}", token.trim()))?)
        } else if let Some(path) = token_file {
            Login::File(path)
        } else if let Some(exec) = exec {
            Login::Exec(Box::new(exec))
        } else {
            Login::Nothing
        };
        Ok(Self { login, clock, held: Mutex::default() })
    }

    /// Tokens of EKS, with the credentials of an AWS account. `plugin` is asked when these cannot be had.
    pub(super) fn signed(
        account: Account,
        cluster: String,
        plugin: Option<ExecConfig>,
        clock: Clock,
    ) -> Self {
        let plugin = plugin.map(Box::new);
        Self { login: Login::Signed { account, cluster, plugin }, clock, held: Mutex::default() }
    }

    /// How the credentials in use were obtained, where there is a choice.
    pub(super) async fn by(&self) -> Option<String> {
        self.held.lock().await.by.clone()
    }

    /// No credentials: an embedded cluster.
    pub(super) fn none(clock: Clock) -> Self {
        Self { login: Login::Nothing, clock, held: Mutex::default() }
    }

    /// The credentials as they are, obtained first where that is needed.
    pub(super) async fn ticket(&self) -> Result<Ticket, Failure> {
        let mut held = self.held.lock().await;
        let good = held.good_until.is_none_or(|until| Instant::now() < until);
        match &held.ticket {
            Some(ticket) if good => Ok(ticket.clone()),
            known => {
                let usable = held.usable_until.is_some_and(|until| Instant::now() < until);
                let old = known.clone().filter(|_| usable);
                let fresh = self.obtain(&mut held).await;
                // What is renewed ahead of time need not be renewed now.
                fresh.or_else(|failure| old.ok_or(failure))
            }
        }
    }

    /// After a 401: obtains them anew, unless somebody else already did since `refused`. `None` when asking again
    /// cannot bring other credentials.
    pub(super) async fn renewed(&self, refused: &Ticket) -> Option<Result<Ticket, Failure>> {
        if matches!(self.login, Login::Nothing | Login::Fixed(_)) {
            return None;
        }
        // A plugin that was asked a moment ago says the same again, and costs seconds.
        let just_asked = refused.at.is_some_and(|at| at.elapsed() < PLUGIN_COUNTS);
        if just_asked && matches!(self.login, Login::Exec(_) | Login::Signed { .. }) {
            return None;
        }
        if let Login::Signed { account, .. } = &self.login {
            // Somebody may have signed in as somebody else.
            account.renew().await;
        }
        let mut held = self.held.lock().await;
        match &held.ticket {
            Some(ticket) if ticket.generation > refused.generation => Some(Ok(ticket.clone())),
            _ => Some(self.obtain(&mut held).await),
        }
    }

    async fn obtain(&self, held: &mut Held) -> Result<Ticket, Failure> {
        if let Some((at, failure)) = &held.failed
            && at.elapsed() < FAILURE_COUNTS
        {
            return Err(failure.clone());
        }
        let obtained = match &self.login {
            Login::Nothing => Ok(Obtained::default()),
            Login::Fixed(header) => Ok(Obtained::header(header.clone())),
            Login::File(path) => read_file(path)
                .await
                .map(|header| Obtained { lasts: Some(FILE_COUNTS), ..Obtained::header(header) }),
            Login::Exec(exec) => self.ask_plugin(exec).await,
            Login::Signed { account, cluster, plugin } => {
                self.sign(account, cluster, plugin.as_deref()).await
            }
        };
        match obtained {
            Ok(Obtained { header, identity, lasts, usable, by }) => {
                held.failed = None;
                held.generation += 1;
                held.good_until = lasts.map(|lasts| Instant::now() + lasts);
                held.usable_until = usable.map(|usable| Instant::now() + usable);
                held.by = by;
                let ticket =
                    Ticket { header, identity, at: Some(Instant::now()), generation: held.generation };
                held.ticket = Some(ticket.clone());
                Ok(ticket)
            }
            Err(failure) => {
                held.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// Signs a token; when that cannot be done here, asks the plugin, which may know a way of its own.
    async fn sign(
        &self,
        account: &Account,
        cluster: &str,
        plugin: Option<&ExecConfig>,
    ) -> Result<Obtained, Failure> {
        let failure = match Box::pin(token(account, cluster)).await {
            Ok(token) => {
                return Ok(Obtained {
                    lasts: Some(token.renew_in),
                    usable: Some(token.good_for),
                    by: Some(format!("a token signed here with {}", account.name())),
                    ..Obtained::header(header(&format!("Bearer {}", token.text))?)
                });
            }
            Err(failure) => failure,
        };
        let Some(plugin) = plugin else { return Err(failure) };
        let command = plugin.command.as_deref().unwrap_or_default();
        match self.ask_plugin(plugin).await {
            Ok(obtained) => {
                let by = format!("the plugin {command}, because here {}", failure.problem);
                tracing::info!("a token for {cluster} comes from {by}");
                Ok(Obtained { by: Some(by), ..obtained })
            }
            Err(other) => {
                let hint = format!("and {}", other.problem);
                Err(Failure { problem: failure.problem.with_hint(hint), ..failure })
            }
        }
    }

    async fn ask_plugin(&self, exec: &ExecConfig) -> Result<Obtained, Failure> {
        let answer = run(exec).await?;
        let status = answer.status.ok_or_else(|| plugin_failed(exec, "printed no credentials", ""))?;
        let identity = status.client_certificate_data.zip(status.client_key_data);
        let header = status.token.map(|token| header(&format!("Bearer {}", token.trim()))).transpose()?;
        if header.is_none() && identity.is_none() {
            return Err(plugin_failed(exec, "printed neither a token nor a certificate", ""));
        }
        let lasts = status.expiration_timestamp.map(|text| {
            let left = (self.clock)().seconds_before(crate::fleet::Timestamp::parse(&text)).max(0);
            Duration::from_secs(left.unsigned_abs()).saturating_sub(MARGIN).max(Duration::from_secs(5))
        });
        Ok(Obtained { header, identity, lasts, ..Obtained::default() })
    }
}

#[derive(Default)]
struct Obtained {
    header: Option<HeaderValue>,
    identity: Option<(String, String)>,
    /// When to obtain another one.
    lasts: Option<Duration>,
    /// Until when it can be used all the same.
    usable: Option<Duration>,
    by: Option<String>,
}

impl Obtained {
    fn header(header: HeaderValue) -> Self {
        Self { header: Some(header), ..Self::default() }
    }
}

fn exposed(user: AuthInfo, field: &str) -> String {
    let value = serde_json::to_value(user).unwrap_or_default();
    value.get(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
}

fn header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::new(
            Cause::Unauthorized,
            ProblemKind::Credentials,
            "the token of the kubeconfig holds characters that no header may have",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read_file(path: &str) -> Result<HeaderValue, Failure> {
    let token = tokio::fs::read_to_string(path).await.map_err(|error| {
        let message = format!("the token file {path} cannot be read: {error}");
        Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message)
    })?;
    header(&format!("Bearer {}", token.trim()))
}

#[derive(Deserialize)]
struct ExecAnswer {
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// Runs a plugin as client-go would without a terminal: no stdin, and what it prints is kept for the reason.
async fn run(exec: &ExecConfig) -> Result<ExecAnswer, Failure> {
    let Some(command) = &exec.command else {
        return Err(Failure::new(
            Cause::Unauthorized,
            ProblemKind::Credentials,
            "the exec plugin of the kubeconfig names no command",
        ));
    };
    let mut process = tokio::process::Command::new(command);
    process.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            process.env(name, value);
        }
    }
    let mut info = serde_json::json!({
        "kind": "ExecCredential",
        "apiVersion": exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1"),
        "spec": { "interactive": false },
    });
    if let (true, Some(cluster), Some(spec)) =
        (exec.provide_cluster_info, &exec.cluster, info.get_mut("spec").and_then(|spec| spec.as_object_mut()))
    {
        spec.insert("cluster".to_owned(), serde_json::to_value(cluster).unwrap_or_default());
    }
    process.env("KUBERNETES_EXEC_INFO", info.to_string());
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = process.spawn().map_err(|error| {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "is not installed".to_owned(),
            _ => format!("cannot be started: {error}"),
        };
        let failure = plugin_failed(exec, &what, "");
        match &exec.install_hint {
            Some(hint) => Failure { problem: failure.problem.with_hint(one_line(hint)), ..failure },
            None => failure,
        }
    })?;
    let output = match tokio::time::timeout(PLUGIN_TIMEOUT, child.wait_with_output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(plugin_failed(exec, &format!("failed: {error}"), "")),
        Err(_) => {
            let what = format!("did not end within {} s; does it wait for input?", PLUGIN_TIMEOUT.as_secs());
            return Err(plugin_failed(exec, &what, ""));
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let what = output
            .status
            .code()
            .map_or_else(|| "was killed".to_owned(), |code| format!("failed with {code}"));
        return Err(plugin_failed(exec, &what, &stderr));
    }
    // YAML is a superset of JSON, and client-go takes either. The text is never quoted: it is the secret.
    let stdout = String::from_utf8_lossy(&output.stdout);
    serde_saphyr::from_str(&stdout).map_err(|_| plugin_failed(exec, "printed no ExecCredential", &stderr))
}

fn plugin_failed(exec: &ExecConfig, what: &str, stderr: &str) -> Failure {
    let command = exec.command.as_deref().unwrap_or_default();
    let reason = last_words(stderr);
    let message = if reason.is_empty() {
        format!("the login plugin {command} {what}")
    } else {
        format!("the login plugin {command} {what}: {reason}")
    };
    let mut failure = Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message);
    let login = sign_in(exec, stderr);
    for hint in login.into_iter().chain([format!("run it by hand: {}", command_line(exec))]) {
        failure.problem = failure.problem.with_hint(hint);
    }
    failure
}

/// The last lines a plugin printed; a traceback's reason is at its end.
fn last_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    one_line(&lines.get(lines.len().saturating_sub(2)..).unwrap_or_default().join("; "))
}

/// The command that would sign in, when what was printed says that this is what is missing.
fn sign_in(exec: &ExecConfig, stderr: &str) -> Option<String> {
    let text = stderr.to_ascii_lowercase();
    let needed =
        ["sso", "token has expired", "expiredtoken", "unable to locate credentials", "re-authenticate"];
    (is_aws(exec) && needed.iter().any(|word| text.contains(word))).then(|| login_command(exec)).flatten()
}

fn is_aws(exec: &ExecConfig) -> bool {
    let command = exec.command.as_deref().unwrap_or_default();
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "aws" | "aws.exe" | "aws-iam-authenticator")
}

/// What renews the credentials of a plugin: signing in where it is AWS, else seeing what the plugin itself says.
pub(super) fn way_in(exec: &ExecConfig) -> String {
    login_command(exec).unwrap_or_else(|| format!("run it by hand: {}", command_line(exec)))
}

/// `aws sso login --profile prod` for a plugin of AWS.
fn login_command(exec: &ExecConfig) -> Option<String> {
    if !is_aws(exec) {
        return None;
    }
    let args = exec.args.as_deref().unwrap_or_default();
    let named =
        args.iter().zip(args.iter().skip(1)).find(|(flag, _)| *flag == "--profile").map(|(_, name)| name);
    let set =
        exec.env.iter().flatten().find(|pair| pair.get("name").is_some_and(|name| name == "AWS_PROFILE"));
    let profile = named.or_else(|| set.and_then(|pair| pair.get("value")));
    Some(
        profile.map_or_else(
            || "aws sso login".to_owned(),
            |profile| format!("aws sso login --profile {profile}"),
        ),
    )
}

/// The plugin's command as somebody would type it, without the value of any argument that may be a secret.
fn command_line(exec: &ExecConfig) -> String {
    let mut words = Vec::new();
    let mut secret = false;
    for word in exec.command.iter().chain(exec.args.iter().flatten()) {
        let hidden = std::mem::take(&mut secret);
        let lower = word.to_ascii_lowercase();
        let names_secret =
            lower.starts_with('-') && ["token", "secret", "password"].iter().any(|w| lower.contains(w));
        words.push(match (hidden, names_secret, word.split_once('=')) {
            (true, ..) => "…".to_owned(),
            (false, true, Some((flag, _))) => format!("{flag}=…"),
            _ => quoted(word),
        });
        secret = names_secret && !word.contains('=');
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@,".contains(c)) && !word.is_empty();
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
