using System.Text.Json;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// The newest image that proved itself here, by track, and when it was made, as its config says (image-spec, config.md: <c>created</c>), which the signature covers. An older
/// one that was signed once is signed still, and whoever steers the track could bring it back with its known faults (a rollback attack: TUF, section 1.5).
/// </summary>
internal sealed class NewestImages(string path)
{
    private readonly Lock _gate = new();
    private Dictionary<string, NewestImage> _newest = Read(path);

    /// <summary>Null = it is newer than all that were kept, or the newest of them: a track is left and joined again, and what did not last is tried again.</summary>
    /// <param name="track">Whose images are compared.</param>
    /// <param name="created">Null = it does not say.</param>
    /// <param name="runs">Of what runs now, which may have been kept before anybody asked for this.</param>
    public string? Refusal(string track, ImageName image, DateTimeOffset? created, DateTimeOffset? runs)
    {
        if (created is not { } made)
            return "it does not say when it was made, and this device takes newer ones only";
        lock (_gate)
        {
            var kept = _newest.GetValueOrDefault(track);
            var newest = kept is null || runs > kept.Created ? runs ?? DateTimeOffset.MinValue : kept.Created;
            return made > newest || (made == newest && image.Digest == kept?.Digest) ? null : $"it was made on {made:yyyy-MM-dd HH:mm:ss}, and one of {newest:yyyy-MM-dd HH:mm:ss} has run here: this device takes newer ones only";
        }
    }

    /// <summary>On the disk when it returns.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public void Keep(string track, ImageName image, DateTimeOffset? created)
    {
        lock (_gate)
        {
            if (created is not { } made || (_newest.TryGetValue(track, out var known) && known.Created >= made))
                return;
            var newest = new Dictionary<string, NewestImage>(_newest, StringComparer.Ordinal) { [track] = new() { Created = made, Digest = image.Digest } };
            Disk.Replace(path, JsonSerializer.SerializeToUtf8Bytes(newest, PinsJson.Default.DictionaryStringNewestImage));
            _newest = newest;
        }
    }

    /// <summary>One that cannot be read stops the agent, as pins do.</summary>
    private static Dictionary<string, NewestImage> Read(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), PinsJson.Default.IReadOnlyDictionaryStringJsonElement) is { } read
                ? read.ToDictionary(track => track.Key, track => Of(track.Value), StringComparer.Ordinal) : new(StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} cannot be read ({e.Message}); without it older images could come back", e);
        }
    }

    /// <summary>Earlier the time alone was written.</summary>
    private static NewestImage Of(JsonElement written) => written.ValueKind == JsonValueKind.String ? new() { Created = written.Deserialize(PinsJson.Default.DateTimeOffset) }
        : written.Deserialize(PinsJson.Default.NewestImage) ?? throw new JsonException("null is no image");
}

internal sealed record NewestImage
{
    public required DateTimeOffset Created { get; init; }

    /// <summary>Null = it is not known.</summary>
    public string? Digest { get; init; }
}
