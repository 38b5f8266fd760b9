using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// Whose signatures count, by track: as the agent's own file says, else as it was at enrolment, else as it was when the track was first seen, unless
/// the file requires signatures: a server in other hands could name a new track and bring the key for it.
/// The server cannot change a pin: a rule that came later and differs is told and not followed. To accept it, the pin is removed by hand.
/// </summary>
internal sealed class Pins(string path, SignatureConfiguration configuration)
{
    private const int MaxBytes = 4 * 1024 * 1024;
    private const int MaxPins = 100;

    /// <summary>As it is written: ten keys, ten roots and ten logs have room. A hundred of them can be read again.</summary>
    private const int MaxRule = 32 * 1024;

    private readonly Lock _gate = new();
    private Dictionary<string, Pin> _pins = Read(path);

    /// <summary>Null = the track is not pinned.</summary>
    public Pin? Find(string track)
    {
        if (configuration.Tracks.TryGetValue(track, out var own))
            return new(own);
        lock (_gate)
            return _pins.GetValueOrDefault(track);
    }

    /// <summary>Pins tracks that are not pinned yet; on the disk when it returns.</summary>
    /// <exception cref="InvalidDataException">There are too many.</exception>
    public void Add(IEnumerable<KeyValuePair<string, Pin>> tracks)
    {
        lock (_gate)
        {
            var pins = new Dictionary<string, Pin>(_pins, StringComparer.Ordinal);
            foreach (var (track, pin) in tracks)
                pins.TryAdd(track, pin);
            if (pins.Count == _pins.Count)
                return;
            var bytes = JsonSerializer.SerializeToUtf8Bytes(pins, PinsJson.Default.DictionaryStringPin);
            if (pins.Count > MaxPins || bytes.Length > MaxBytes)
                throw new InvalidDataException($"{_pins.Count} tracks are pinned, and there is no room for more; those that are over can be taken out of {path}");
            Disk.Replace(path, bytes);
            _pins = pins;
        }
    }

    /// <summary>A track as the desired state has it; true = its rule is not the pinned one.</summary>
    /// <exception cref="InvalidDataException">It would be pinned, and there are too many.</exception>
    public bool Sees(string track, Pin offered)
    {
        if (Find(track) is { } pinned)
            return offered.Signature is { } rules && !Same(pinned.Signature, rules);
        if (configuration is { PinOnFirstUse: true, Required: false })
            Add([new(track, offered)]);
        return false;
    }

    /// <summary>A rule as the server words it; absent is null.</summary>
    /// <exception cref="InvalidDataException">It asks for something this version does not know, and half a rule is none; or it is none, or far too large.</exception>
    public static SignatureRules? Parse(JsonElement? rule)
    {
        if (rule is not { ValueKind: not JsonValueKind.Null } given)
            return null;
        try
        {
            // In characters: each is a byte at least.
            var rules = given.GetRawText().Length > MaxRule ? null : given.Deserialize(PinsJson.Default.SignatureRules);
            if (rules is null || JsonSerializer.SerializeToUtf8Bytes(rules, PinsJson.Default.SignatureRules).Length > MaxRule)
                throw new InvalidDataException($"its rule for signatures has more than {MaxRule} bytes");
            return rules.Faults().FirstOrDefault() is { } fault ? throw new InvalidDataException($"its rule for signatures is none: {fault}") : rules;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"its rule for signatures cannot be read by this version ({e.Message})");
        }
    }

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
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PinsJson.Default.DictionaryStringPin) is { } pins && pins.Values.All(pin => pin is not null)
                ? new(pins, StringComparer.Ordinal) : throw new JsonException("null is no pin");
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} cannot be read ({e.Message}); without its pins the agent runs nothing", e);
        }
    }
}

/// <param name="Signature">Null = no signature is asked for.</param>
/// <param name="Image"><c>host/repository</c>: a signature counts for what is there alone, whatever else its key has signed. Null = for any of the device's registries.</param>
internal sealed record Pin(SignatureRules? Signature, string? Image = null);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SignatureRulesConverter)])]
[JsonSerializable(typeof(Dictionary<string, Pin>))]
[JsonSerializable(typeof(SignatureRules))]
[JsonSerializable(typeof(Dictionary<string, NewestImage>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, JsonElement>))]
internal sealed partial class PinsJson : JsonSerializerContext;
