using System.Text.Json;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Updates;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Agent.Trust;

/// <summary>Lets in what comes from a registry of the agent's file, from the repository its track is pinned to, and is signed as the pinned rule asks.</summary>
/// <param name="newest">Null = their age does not matter.</param>
internal sealed class ImageTrust(AgentConfiguration configuration, Pins pins, SignatureFinder signatures, NewestImages? newest, TimeProvider time) : IImageTrust
{
    public NewestImages? Newest => newest;

    public string? Refusal(string track, ImageName image)
    {
        if (!configuration.Registries.Any(r => image.Name == r || image.Name.StartsWith(r.TrimEnd('/') + "/", StringComparison.Ordinal)))
            return $"{image.Name} is in none of this device's registries";
        return pins.Find(track) is { Signature: not null, Image: { } pinned } && pinned != image.Name ? $"{track} is pinned to {pinned}, and this is of {image.Name}" : null;
    }

    public async Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken)
    {
        if (pins.Find(track)?.Signature is not { } rules)
            return configuration.Signatures.Required ? $"no rule for signatures is pinned for {track}, and this device asks for one" : null;
        var found = await signatures.FindAsync(image, cancellationToken);
        var now = time.GetUtcNow();
        var all = found.Select(s => SignatureChecks.Check(s, image.Digest, rules, now)).ToList();
        var signers = all.Where(c => c.Signer is not null).DistinctBy(c => c.Signer).Count();
        if (signers >= rules.AtLeast)
            return null;
        var why = all.FirstOrDefault(c => c.Signer is null) is { } refused ? $" ({refused.Name}: {refused.Refusal})" : "";
        return found.Count == 0 ? "signature: there is none" : $"signature: {signers} of {rules.AtLeast} pinned signers{why}";
    }

    /// <summary>As the engine takes it: JSON in base64.</summary>
    public string? CredentialFor(string registry)
    {
        if (UserAndPassword(configuration, registry) is not var (user, password))
            return null;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("username", user);
            json.WriteString("password", password);
            json.WriteString("serveraddress", registry);
            json.WriteEndObject();
        }

        return Convert.ToBase64String(bytes.ToArray()).Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Read each time: a credential that was renewed counts at once.</summary>
    internal static (string User, string Password)? UserAndPassword(AgentConfiguration configuration, string registry) =>
        configuration.RegistryCredentials.TryGetValue(registry, out var file) && PrivateFile.Read(file).Split(':', 2) is [var user, var password] ? (user, password) : null;
}
