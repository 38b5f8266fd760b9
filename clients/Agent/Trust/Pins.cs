using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// Whose signatures count, by track: as the agent's own file says, else as it was at enrolment, else as it was when the track was first seen.
/// The server cannot change a pin: a rule that came later and differs is told and not followed. To accept it, the pin is removed by hand.
/// </summary>
internal sealed class Pins(string path, SignatureConfiguration configuration)
{
    private const int MaxBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pin> _pins = Read(path);

    /// <summary>Null rules = the track was pinned as one without; false = it is not pinned.</summary>
    public bool TryFind(string track, out SignatureRules? rules)
    {
        if (configuration.Tracks.TryGetValue(track, out var own))
        {
            rules = own;
            return true;
        }

        lock (_gate)
        {
            rules = _pins.GetValueOrDefault(track)?.Signature;
            return _pins.ContainsKey(track);
        }
    }

    /// <summary>Pins tracks that are not pinned yet.</summary>
    public void Enrolled(IEnumerable<KeyValuePair<string, SignatureRules?>> tracks) => Add(tracks);

    /// <summary>A track as the desired state has it; true = it is not what is pinned.</summary>
    public bool Sees(string track, SignatureRules? offered)
    {
        if (TryFind(track, out var pinned))
            return offered is not null && !Same(pinned, offered);
        if (configuration.PinOnFirstUse)
            Add([new(track, offered)]);
        return false;
    }

    private void Add(IEnumerable<KeyValuePair<string, SignatureRules?>> tracks)
    {
        lock (_gate)
        {
            var added = false;
            foreach (var (track, rules) in tracks)
                added |= _pins.TryAdd(track, new(rules));
            if (added)
                Disk.Replace(path, JsonSerializer.SerializeToUtf8Bytes(_pins, PinsJson.Default.DictionaryStringPin));
        }
    }

    /// <summary>A rule as the server words it; absent is null.</summary>
    /// <exception cref="JsonException">It asks for something this version does not know, and half a rule is none.</exception>
    public static SignatureRules? Parse(JsonElement? rule) =>
        rule is { ValueKind: not JsonValueKind.Null } given ? given.Deserialize(PinsJson.Default.SignatureRules) : null;

    private static bool Same(SignatureRules? a, SignatureRules b) => a is not null
        && JsonSerializer.Serialize(a, PinsJson.Default.SignatureRules) == JsonSerializer.Serialize(b, PinsJson.Default.SignatureRules);

    /// <summary>A file of pins that cannot be read stops the agent: to go on without is what somebody who broke it would want.</summary>
    private static Dictionary<string, Pin> Read(string path)
    {
        if (!File.Exists(path))
            return new(StringComparer.Ordinal);
        if (new FileInfo(path).Length > MaxBytes)
            throw new IOException($"{path} holds more than {MaxBytes} bytes");
        try
        {
            return new(JsonSerializer.Deserialize(File.ReadAllBytes(path), PinsJson.Default.DictionaryStringPin) ?? [], StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} cannot be read ({e.Message}); without its pins the agent runs nothing", e);
        }
    }
}

/// <param name="Signature">Null = no signature is asked for.</param>
internal sealed record Pin(SignatureRules? Signature);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SignatureRulesConverter)])]
[JsonSerializable(typeof(Dictionary<string, Pin>))]
[JsonSerializable(typeof(SignatureRules))]
internal sealed partial class PinsJson : JsonSerializerContext;
