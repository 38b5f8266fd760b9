using System.Text.Json;
using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// When the newest image that proved itself here was made, by track, as its config says (image-spec, config.md: <c>created</c>), which the signature covers. An older
/// one that was signed once is signed still, and whoever steers the track could bring it back with its known faults (a rollback attack: TUF, section 1.5).
/// </summary>
internal sealed class NewestImages(string path)
{
    private readonly Lock _gate = new();
    private Dictionary<string, DateTimeOffset> _newest = Read(path);

    /// <summary>Null = it is newer than all that were kept.</summary>
    /// <param name="track">Whose images are compared.</param>
    /// <param name="created">Null = it does not say.</param>
    /// <param name="runs">Of what runs now, which may have been kept before anybody asked for this.</param>
    public string? Refusal(string track, DateTimeOffset? created, DateTimeOffset? runs)
    {
        if (created is not { } made)
            return "it does not say when it was made, and this device takes newer ones only";
        lock (_gate)
        {
            var kept = _newest.TryGetValue(track, out var known) ? known : DateTimeOffset.MinValue;
            var newest = runs > kept ? runs.Value : kept;
            return made > newest ? null : $"it was made on {made:yyyy-MM-dd HH:mm:ss}, and one of {newest:yyyy-MM-dd HH:mm:ss} has run here: this device takes newer ones only";
        }
    }

    /// <summary>On the disk when it returns.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public void Keep(string track, DateTimeOffset? created)
    {
        lock (_gate)
        {
            if (created is not { } made || (_newest.TryGetValue(track, out var known) && known >= made))
                return;
            var newest = new Dictionary<string, DateTimeOffset>(_newest, StringComparer.Ordinal) { [track] = made };
            Disk.Replace(path, JsonSerializer.SerializeToUtf8Bytes(newest, PinsJson.Default.DictionaryStringDateTimeOffset));
            _newest = newest;
        }
    }

    /// <summary>One that cannot be read stops the agent, as pins do.</summary>
    private static Dictionary<string, DateTimeOffset> Read(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), PinsJson.Default.DictionaryStringDateTimeOffset) is { } read
                ? new(read, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} cannot be read ({e.Message}); without it older images could come back", e);
        }
    }
}
