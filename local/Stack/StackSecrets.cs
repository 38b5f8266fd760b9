using System.Security.Cryptography;

namespace IoTBackend.Stack;

/// <summary>The stack's keys: random, made at first start, each in a file of its own that only its owner may read.</summary>
/// <param name="MasterKey">Base64 of 32 bytes; devices' keys are derived from it. <c>master.key</c></param>
/// <param name="OperatorKey">For <c>x-functions-key</c>. <c>operator.key</c></param>
/// <param name="HubKey">Of the rule <c>functions</c> in the Event Hub emulator. <c>hub.key</c></param>
/// <param name="DeviceHubKey">Of the rule <c>devices</c> there, which may send and nothing else. <c>device-hub.key</c></param>
/// <param name="RegistrySecret">What the registry signs its upload states with. <c>registry.key</c></param>
/// <param name="RegistryWebhookKey">What the registry's events have to carry. <c>registry-webhook.key</c></param>
/// <param name="AlertSecret">Signs the alerts to the demo's receiver: <c>whsec_</c> and base64. <c>alerts.key</c></param>
internal sealed record StackSecrets(
    string MasterKey, string OperatorKey, string HubKey, string DeviceHubKey, string RegistrySecret, string RegistryWebhookKey, string AlertSecret)
{
    /// <param name="folder">Where the files are.</param>
    /// <param name="operatorKey">Replaces the stored operator key.</param>
    public static StackSecrets Open(string folder, string? operatorKey = null) =>
        new(Key(folder, "master.key", Convert.ToBase64String), Key(folder, "operator.key", Convert.ToHexStringLower, operatorKey),
            Key(folder, "hub.key", Convert.ToBase64String), Key(folder, "device-hub.key", Convert.ToBase64String),
            Key(folder, "registry.key", Convert.ToHexStringLower), Key(folder, "registry-webhook.key", Convert.ToHexStringLower),
            Key(folder, "alerts.key", bytes => "whsec_" + Convert.ToBase64String(bytes)));

    private static string Key(string folder, string name, Func<byte[], string> write, string? preset = null)
    {
        var path = Path.Combine(folder, name);
        var kept = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        var key = preset is { Length: > 0 } ? preset : kept is { Length: > 0 } ? kept : write(RandomNumberGenerator.GetBytes(32));
        if (key != kept)
            PrivateFile.Write(path, key + "\n");
        return key;
    }
}
