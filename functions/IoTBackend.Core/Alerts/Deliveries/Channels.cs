using System.Net;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>A channel that is reached by HTTP.</summary>
public abstract record HttpChannel : Channel
{
    /// <summary>http or https, 2,048 characters at most, without user name and password.</summary>
    public Uri? Url { get; init; }

    /// <inheritdoc/>
    public override string? Check() => Addresses.Check(Url) ?? SecretIsPrintable();

    protected string? SecretIsPrintable() =>
        Secret?.Any(c => c is < '!' or > '~') == true || Secret?.Length > 4096 ? "secret must be printable ASCII without spaces, 4096 characters at most." : null;
}

/// <summary>Standard Webhooks 1.0.0: signed, with an id to tell repetitions by. <see cref="Channel.Secret"/> signs: <c>whsec_</c> and the base64 of 24 to 64 bytes.</summary>
public sealed record WebhookChannel : HttpChannel
{
    /// <summary>How long after a change of the secret the one before signs too, so that receivers can change over.</summary>
    public static readonly TimeSpan Rotation = TimeSpan.FromHours(24);

    /// <summary>The secret before; sealed as <see cref="Channel.Secret"/> is.</summary>
    public string? PreviousSecret { get; init; }

    public DateTimeOffset? PreviousSecretUntil { get; init; }

    public override string? Check() => Addresses.Check(Url)
        ?? (WebhookSignature.IsSecret(Secret) ? null : "secret must be whsec_ and the base64 of 24 to 64 bytes; leave it out to be given one.");
}

/// <summary>Prometheus Alertmanager, API v2. <see cref="Channel.Secret"/> is a bearer token, where one is asked for.</summary>
public sealed record AlertmanagerChannel : HttpChannel;

/// <summary>A Slack incoming webhook, or what understands its form (Mattermost, Rocket.Chat). No secret but the URL.</summary>
public sealed record SlackChannel : HttpChannel;

/// <summary>A Microsoft Teams workflow ("Post to a channel when a webhook request is received"). No secret but the URL.</summary>
public sealed record TeamsChannel : HttpChannel;

/// <summary>PagerDuty, Events API v2. <see cref="Channel.Secret"/> is the integration's routing key, 32 characters.</summary>
public sealed record PagerDutyChannel : HttpChannel
{
    public static readonly Uri DefaultUrl = new("https://events.pagerduty.com/v2/enqueue");

    public override string? Check() => Addresses.Check(Url ?? DefaultUrl)
        ?? (Secret is { Length: 32 } key && key.All(char.IsAsciiLetterOrDigit) ? null : "secret must be the routing key of an Events API v2 integration: 32 letters and digits.");
}

/// <summary>ntfy: the URL names server and topic. <see cref="Channel.Secret"/> is an access token, where one is asked for.</summary>
public sealed record NtfyChannel : HttpChannel
{
    public override string? Check() => base.Check()
        ?? (Url!.AbsolutePath.Trim('/') is { Length: > 0 } topic && !topic.Contains('/') ? null : "url must name the server and one topic, for example https://ntfy.sh/my-fleet.");
}

/// <summary>How an e-mail server is spoken to.</summary>
public enum MailSecurity
{
    /// <summary>STARTTLS, and nothing is sent without it.</summary>
    StartTls,

    /// <summary>TLS from the first byte, as on port 465.</summary>
    Tls,

    /// <summary>No encryption: a relay on the same machine or network. Without user and password only.</summary>
    None,
}

/// <summary>An e-mail server. <see cref="Channel.Secret"/> is the password of <see cref="User"/>.</summary>
public sealed record EmailChannel : Channel
{
    public const int MaxRecipients = 50;

    public string? Host { get; init; }

    /// <summary>1 to 65535; default 587.</summary>
    public int Port { get; init; } = 587;

    public MailSecurity Security { get; init; }

    public string? User { get; init; }

    public string? From { get; init; }

    /// <summary>1 to 50 addresses.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    public override string? Check() =>
        (Uri.CheckHostName(Host) == UriHostNameType.Unknown ? "host must be the name or address of an SMTP server." : null)
        ?? (IPAddress.TryParse(Host, out var address) && !TargetAddress.IsAllowed(address, allowPrivate: true) ? Addresses.Forbidden("host") : null)
        ?? (Port is < 1 or > 65535 ? "port must be 1 to 65535." : null)
        ?? (IsAddress(From) ? null : "from must be an e-mail address.")
        ?? (To.Count is < 1 or > MaxRecipients ? $"to must hold 1 to {MaxRecipients} e-mail addresses." : null)
        ?? (To.FirstOrDefault(t => !IsAddress(t)) is { } wrong ? $"to holds '{wrong}', which is not an e-mail address." : null)
        ?? (User is null == Secret is null ? null : "user and secret are given both or neither.")
        ?? (User is not null && Security == MailSecurity.None ? "a password is not sent without encryption: security must be startTls or tls." : null);

    private static bool IsAddress(string? text) =>
        text is { Length: <= 254 } && text.IndexOf('@') is > 0 and var at && at == text.LastIndexOf('@') && at < text.Length - 1 && !text.Any(c => c <= ' ' || c is '<' or '>' or ',' or ';' or '"' or ':' or '(' or ')' or '[' or ']' or '\\' or '\x7f');
}

/// <summary>What can be said of an address before it is connected to.</summary>
internal static class Addresses
{
    public static string? Check(Uri? url) =>
        url is not { IsAbsoluteUri: true } || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.UserInfo.Length > 0 || url.OriginalString.Length > 2048
            ? "url must be an http or https URL of 2048 characters at most, without user name and password."
            // What its names lead to is judged when they are connected to; this is only an early word to the operator.
            : IPAddress.TryParse(url.IdnHost, out var address) && !TargetAddress.IsAllowed(address, allowPrivate: true) ? Forbidden("url") : null;

    public static string Forbidden(string member) => $"{member} must not lead to a link-local, metadata, multicast or reserved address.";
}
