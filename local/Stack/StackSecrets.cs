using System.Security.Cryptography;

namespace IoTBackend.Stack;

/// <summary>The stack's keys: random, made at first start, each in a file of its own that only its owner may read.</summary>
/// <param name="MasterKey">Base64 of 32 bytes; devices' keys are derived from it. <c>master.key</c></param>
/// <param name="OperatorKey">For <c>x-functions-key</c>. <c>operator.key</c></param>
/// <param name="HubKey">Of the rule <c>functions</c> in the Event Hub emulator. <c>hub.key</c></param>
/// <param name="RegistrySecret">What the registry signs its upload states with. <c>registry.key</c></param>
internal sealed record StackSecrets(string MasterKey, string OperatorKey, string HubKey, string RegistrySecret)
{
    /// <param name="folder">Where the files are.</param>
    /// <param name="operatorKey">Replaces the stored operator key.</param>
    public static StackSecrets Open(string folder, string? operatorKey = null) =>
        new(Key(folder, "master.key", Convert.ToBase64String), Key(folder, "operator.key", Convert.ToHexStringLower, operatorKey),
            Key(folder, "hub.key", Convert.ToBase64String), Key(folder, "registry.key", Convert.ToHexStringLower));

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
