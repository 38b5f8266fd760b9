using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Updates;

/// <summary>All tracks' records; changed one at a time, on the disk before <see cref="Change"/> returns.</summary>
internal sealed class StateFile
{
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private Dictionary<string, WorkloadRecord> _tracks = new(StringComparer.Ordinal);

    private StateFile(string path) => _path = path;

    public IReadOnlyCollection<string> Tracks
    {
        get
        {
            lock (_gate)
                return [.. _tracks.Keys];
        }
    }

    /// <summary>Reads what was left. A file that cannot be read is put aside: what runs is then learnt from the engine's labels.</summary>
    public static StateFile Open(string path, Action<string> say)
    {
        var state = new StateFile(path);
        if (!File.Exists(path))
            return state;
        try
        {
            if (new FileInfo(path).Length <= MaxBytes && JsonSerializer.Deserialize(File.ReadAllBytes(path), StateJson.Default.AgentState) is { Version: AgentState.This } read
                && read.Tracks.All(t => DesiredWorkloads.IsTrack(t.Key) && t.Value is { IsSound: true }))
            {
                state._tracks = new(read.Tracks, StringComparer.Ordinal);
                return state;
            }
        }
        catch (JsonException)
        {
            // Treated as any other content that is none of ours.
        }

        File.Move(path, path + ".bad", overwrite: true);
        say($"{path} could not be read and is now {path}.bad; what runs is taken from the engine");
        return state;
    }

    public bool Has(string track)
    {
        lock (_gate)
            return _tracks.ContainsKey(track);
    }

    public WorkloadRecord Read(string track)
    {
        lock (_gate)
            return _tracks.GetValueOrDefault(track) ?? new();
    }

    /// <returns>The record after the change.</returns>
    /// <exception cref="IOException">The disk does not take it; nothing has changed.</exception>
    public WorkloadRecord Change(string track, Func<WorkloadRecord, WorkloadRecord> change)
    {
        lock (_gate)
        {
            var before = _tracks.GetValueOrDefault(track) ?? new();
            var after = change(before);
            if (after == before)
                return before;
            Write(new(_tracks, StringComparer.Ordinal) { [track] = after });
            return after;
        }
    }

    /// <summary>A report alone: it is kept in memory where the disk takes nothing, so that just that can be told. After a restart the one before may be told again.</summary>
    public void ChangeReport(string track, Func<WorkloadRecord, Report?> change)
    {
        lock (_gate)
        {
            try
            {
                Change(track, r => change(r) is var report && report == r.Report ? r : r with { Report = report });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var before = Read(track);
                _tracks[track] = before with { Report = change(before) };
            }
        }
    }

    /// <summary>Drops the record of a track that is over; false = it is not, and has to be looked at again.</summary>
    public bool Forget(string track)
    {
        lock (_gate)
        {
            if (!_tracks.TryGetValue(track, out var record))
                return true;
            if (!record.IsOver)
                return false;
            var tracks = new Dictionary<string, WorkloadRecord>(_tracks, StringComparer.Ordinal);
            tracks.Remove(track);
            Write(tracks);
            return true;
        }
    }

    private void Write(Dictionary<string, WorkloadRecord> tracks)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new AgentState { Tracks = tracks }, StateJson.Default.AgentState);
        // It would not be read again.
        if (bytes.Length > MaxBytes)
            throw new IOException($"{_path} would have more than {MaxBytes} bytes");
        Disk.Replace(_path, bytes);
        _tracks = tracks;
    }

    /// <summary>Containers of tracks nothing is written of: the file was lost. What runs of each is taken for what is meant to, where an agent can have made it.</summary>
    public void Adopt(IReadOnlyList<SeenContainer> containers)
    {
        var tracks = Tracks;
        foreach (var group in containers.Where(c => !tracks.Contains(c.Track) && DesiredWorkloads.IsTrack(c.Track) && ImageName.Parse(c.Image) is not null).GroupBy(c => c.Track))
        {
            var current = group.OrderByDescending(c => c.Running).First();
            Change(group.Key, record => record with { Current = new(current.Image, current.Release) });
        }
    }

    /// <summary>Images other tracks need.</summary>
    public bool IsNeeded(string image)
    {
        lock (_gate)
            return _tracks.Values.Any(r => r.Needed.Contains(image));
    }
}

internal sealed record AgentState
{
    public const int This = 1;

    public int Version { get; init; } = This;

    public required IReadOnlyDictionary<string, WorkloadRecord> Tracks { get; init; }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AgentState))]
internal sealed partial class StateJson : JsonSerializerContext;
