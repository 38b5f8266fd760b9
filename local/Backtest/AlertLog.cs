using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Signals;

namespace IoTBackend.Backtest;

/// <summary>Folds signals into one line per episode.</summary>
internal sealed class AlertLog
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<(string Subject, AlertKind Kind), Episode> _latest = [];
    private readonly List<Episode> _all = [];
    private readonly List<Signal> _other = [];
    private string _otherDevice = "";

    public IReadOnlyList<Episode> Episodes => _all;

    public void Add(string deviceId, IEnumerable<Signal> signals)
    {
        foreach (var signal in signals)
            Fold(deviceId, signal, null);
    }

    public void AddGroup(string group, IEnumerable<Signal> signals)
    {
        foreach (var signal in signals)
            Fold(group, signal, group);
    }

    /// <summary>A list for the signals of another device, folded in at the next call or at <see cref="Flush"/>.</summary>
    public List<Signal> For(string deviceId)
    {
        Flush();
        _otherDevice = deviceId;
        return _other;
    }

    public void Flush()
    {
        Add(_otherDevice, _other);
        _other.Clear();
    }

    /// <summary>What the latest alert about lost messages would show a day after the end of the recording.</summary>
    public void Finish(string deviceId, DeviceHealth health)
    {
        if (_latest.TryGetValue((deviceId, AlertKind.DeviceDataLoss), out var episode))
            episode.Lost = (episode.ClearedAt is null ? 0 : episode.Lost as long? ?? 0) + health.LostSinceAlert;
    }

    public void Write(string path)
    {
        using var file = new StreamWriter(path);
        foreach (var episode in _all)
            file.WriteLine(JsonSerializer.Serialize(episode, Json));
    }

    private void Fold(string subject, Signal signal, string? group)
    {
        var key = (subject, signal.Kind);
        if (signal.Change == AlertChange.Opened || !_latest.TryGetValue(key, out var episode))
        {
            episode = new Episode { DeviceId = group is null ? subject : null, Group = group, Kind = signal.Kind.Name(), RaisedAt = signal.RaisedAt, CauseAtRaise = signal.Cause };
            _all.Add(episode);
            _latest[key] = episode;
        }
        episode.Severity = signal.Severity.ToString().ToLowerInvariant();
        episode.Cause = signal.Cause;
        episode.Summary = signal.Summary;
        foreach (var (name, value) in signal.Evidence)
            episode.Evidence[name] = value;
        if (signal.Evidence.TryGetValue("members", out var members))
            episode.Members = members;
        if (signal.Evidence.TryGetValue("lost", out var lost))
            episode.Lost = lost;
        if (signal.Change != AlertChange.Cleared)
            return;
        // What is added to an alert that is over does not end it again.
        episode.ClearedAt ??= signal.At;
    }
}

/// <summary>One alert from raised to cleared, as the last signal about it left it.</summary>
internal sealed class Episode
{
    public string? DeviceId { get; init; }

    public string? Group { get; init; }

    public required string Kind { get; init; }

    public string? Severity { get; set; }

    public required DateTimeOffset RaisedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? ClearedAt { get; set; }

    public string? Cause { get; set; }

    public string? CauseAtRaise { get; init; }

    public object? Members { get; set; }

    public object? Lost { get; set; }

    public string? Summary { get; set; }

    public Dictionary<string, object> Evidence { get; } = [];
}
