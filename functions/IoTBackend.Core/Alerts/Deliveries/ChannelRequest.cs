using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What an operator says of a channel, taken over what is known of it.</summary>
public static class ChannelRequest
{
    public const int MaxGroups = 100;

    /// <summary>The channel, or the first thing that is wrong. A secret that is not given stays what it was; a new webhook gets one.</summary>
    /// <param name="name">As in the route.</param>
    /// <param name="wanted">What the operator said.</param>
    /// <param name="known">The channel of this name; null = new.</param>
    /// <param name="now">The time.</param>
    public static Result<Channel> ToChannel(string name, Channel wanted, Channel? known, DateTimeOffset now)
    {
        if (Shared.Name.Check("name", name) is { } wrongName)
            return Result<Channel>.Rejected(wrongName);
        if (wanted.Groups.Count > MaxGroups)
            return Result<Channel>.Rejected($"groups may have {MaxGroups} entries at most.");
        if (wanted.Groups.FirstOrDefault(g => !Shared.Name.IsValid(g)) is not null)
            return Result<Channel>.Rejected(Shared.Name.Check("Each of groups", null)!);
        var same = known?.GetType() == wanted.GetType() ? known : null;
        var channel = wanted with { Name = name, Secret = wanted.Secret ?? same?.Secret, Kinds = [.. wanted.Kinds.Distinct()] };
        channel = channel switch
        {
            WebhookChannel webhook => Rotated(webhook, same as WebhookChannel, now),
            PagerDutyChannel { Url: null } pager => pager with { Url = PagerDutyChannel.DefaultUrl },
            _ => channel,
        };
        return channel.Check() is { } wrong ? Result<Channel>.Rejected(wrong) : channel;
    }

    /// <summary>Receivers know the secret before for a while longer; so both sign.</summary>
    private static WebhookChannel Rotated(WebhookChannel wanted, WebhookChannel? known, DateTimeOffset now)
    {
        var secret = wanted.Secret ?? WebhookSignature.NewSecret();
        return known is null || known.Secret == secret
            ? wanted with { Secret = secret, PreviousSecret = known?.PreviousSecret, PreviousSecretUntil = known?.PreviousSecretUntil }
            : wanted with { Secret = secret, PreviousSecret = known.Secret, PreviousSecretUntil = now + WebhookChannel.Rotation };
    }
}
