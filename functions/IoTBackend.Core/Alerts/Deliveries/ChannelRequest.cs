using System.Net;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What an operator says of a channel.</summary>
public sealed record ChannelRequest
{
    public const int MaxGroups = 100;

    public string? Type { get; init; }

    public string? Url { get; init; }

    public string? Secret { get; init; }

    public Severity MinSeverity { get; init; }

    public IReadOnlyList<AlertKind>? Kinds { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>The channel, or the first thing that is wrong. A secret that is not given stays what it was; a new webhook gets one.</summary>
    public Result<Channel> ToChannel(string name, Channel? known)
    {
        if (Name.Check("name", name) is { } wrongName)
            return Result<Channel>.Rejected(wrongName);
        if (!Enum.TryParse<ChannelType>(Type, ignoreCase: true, out var type) || char.IsAsciiDigit(Type![0]))
            return Result<Channel>.Rejected($"type must be one of {string.Join(", ", Enum.GetNames<ChannelType>().Select(n => n.ToLowerInvariant()))}; '{Type}' is not supported.");
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.UserInfo.Length > 0 || Url!.Length > 2048)
            return Result<Channel>.Rejected("url must be an http or https URL of 2048 characters at most, without user name and password.");
        // What its names lead to is judged when they are connected to; this is only an early word to the operator.
        if (IPAddress.TryParse(url.IdnHost, out var address) && !TargetAddress.IsAllowed(address, allowPrivate: true))
            return Result<Channel>.Rejected("url must not lead to a link-local, metadata, multicast or reserved address.");
        if (Groups?.Count > MaxGroups)
            return Result<Channel>.Rejected($"groups may have {MaxGroups} entries at most.");
        if (Groups?.FirstOrDefault(g => !Name.IsValid(g)) is not null)
            return Result<Channel>.Rejected(Name.Check("Each of groups", null)!);
        var secret = Secret ?? (known?.Type == type ? known.Secret : null);
        if (type == ChannelType.Webhook)
            secret ??= WebhookSignature.NewSecret();
        if (type == ChannelType.Webhook ? !WebhookSignature.IsSecret(secret) : secret?.Any(c => c is < '!' or > '~') == true || secret?.Length > 4096)
            return Result<Channel>.Rejected(type == ChannelType.Webhook
                ? "secret must be whsec_ and the base64 of 24 to 64 bytes; leave it out to be given one."
                : "secret must be printable ASCII without spaces.");
        return new Channel
        {
            Name = name,
            Type = type,
            Url = url,
            Secret = secret,
            MinSeverity = MinSeverity,
            Kinds = [.. (Kinds ?? []).Distinct()],
            Groups = Groups ?? [],
        };
    }
}
