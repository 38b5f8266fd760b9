using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Devices;

/// <summary>Settings <c>EventHub__Device*</c>: the rule that signs devices' tokens. It must have the right Send and no other.</summary>
public sealed class HubTokenOptions
{
    public const string Section = "EventHub";

    /// <summary>Default: <c>telemetry</c>.</summary>
    public string Name { get; set; } = "telemetry";

    /// <summary>The hub's Send-only rule; null = no direct sending.</summary>
    public string? DeviceRuleName { get; set; }

    public string? DeviceRuleKey { get; set; }

    /// <summary>What devices connect to, for example <c>amqps://name.servicebus.windows.net</c>.</summary>
    public string? DeviceEndpoint { get; set; }

    public const string Rule =
        "EventHub__DeviceRuleName, EventHub__DeviceRuleKey and EventHub__DeviceEndpoint (amqps://host or amqp://host:port) are set together or not at all.";

    public bool IsWhole =>
        DeviceRuleName is null && DeviceRuleKey is null && DeviceEndpoint is null
        || DeviceRuleName is { Length: > 0 } && DeviceRuleKey is { Length: > 0 }
            && Uri.TryCreate(DeviceEndpoint, UriKind.Absolute, out var uri) && (uri.Scheme is "amqps" or "amqp" or "sb");
}

/// <param name="Endpoint">The namespace, as a URI with the scheme amqps or amqp.</param>
/// <param name="EventHub">The hub's name.</param>
/// <param name="Publisher">The name to send under: link address <c>{eventHub}/Publishers/{publisher}</c>.</param>
/// <param name="Token">For put-token on <c>$cbs</c>, type <c>servicebus.windows.net:sastoken</c>.</param>
/// <param name="ExpiresAt">When a new one is needed.</param>
public sealed record HubToken(string Endpoint, string EventHub, string Publisher, string Token, DateTimeOffset ExpiresAt);

/// <summary>
/// Lets one device send straight to the hub, under its own name only: a shared access signature over
/// <c>sb://{host}/{hub}/publishers/{deviceId}</c>. A token outlives a device that is disabled meanwhile by its lifetime at most.
/// </summary>
public sealed class HubTokens(HubTokenOptions options, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Null = the backend is not set up for direct sending.</summary>
    public HubToken? Issue(string deviceId)
    {
        if (options is not { DeviceRuleName: { } rule, DeviceRuleKey: { } key, DeviceEndpoint: { } endpoint })
            return null;
        var expires = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + Lifetime).ToUnixTimeSeconds());
        var host = new Uri(endpoint).Authority;
        var resource = Uri.EscapeDataString($"sb://{host}/{options.Name}/publishers/{deviceId}");
        var se = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        // Unlike a device's key, the rule's is signed with as text.
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{resource}\n{se}"));
        var token = $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={se}&skn={Uri.EscapeDataString(rule)}";
        return new(endpoint, options.Name, deviceId, token, expires);
    }
}
