using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Telemetry;

/// <summary>Takes readings at their times, keeps them on the disk, and sends them in batches when it is time to.</summary>
/// <param name="heard">A version of the desired state the server named.</param>
internal sealed class TelemetryLoop(
    TelemetryConfiguration configuration, DiskBuffer buffer, Battery battery, Link link, IContainerEngine engine, BackendClient backend, ServerClock clock, Backoff backoff,
    TimeProvider time, Action<string> say, Action<long> heard)
{
    /// <summary>A clock that says less was never set.</summary>
    private static readonly DateTimeOffset Sensible = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Wakeup _now = new(time);
    private long _sentAt = long.MinValue;
    private TimeSpan _pause;
    private long _pausedAt;
    private IReadOnlyList<RunningImage> _known = [];

    /// <summary>Another image runs: that is told at once.</summary>
    public void Wake() => _now.Call();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var urgent = true;
        while (true)
        {
            var taken = time.GetTimestamp();
            var before = _known;
            try
            {
                await TakeAsync(cancellationToken);
                urgent |= !before.SequenceEqual(_known);
                if (urgent || _sentAt == long.MinValue || time.GetElapsedTime(_sentAt) >= configuration.SendEvery)
                    await SendAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                say($"telemetry: {Fault.Of(e)}");
            }

            urgent = await RestAsync(taken, cancellationToken);
        }
    }

    /// <summary>True = called for before its time, and something has changed.</summary>
    private async Task<bool> RestAsync(long taken, CancellationToken cancellationToken)
    {
        while (configuration.Every - time.GetElapsedTime(taken) is var left && left > TimeSpan.Zero)
        {
            if (!await _now.WaitAsync(left, cancellationToken))
                return false;
            if (!(await RunningAsync(cancellationToken)).SequenceEqual(_known))
                return true;
        }

        return false;
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        _known = await RunningAsync(cancellationToken);
        var (power, radio) = (await battery.ReadAsync(cancellationToken), await link.ReadAsync(cancellationToken));
        var at = clock.IsOff || time.GetUtcNow() < Sensible ? (DateTimeOffset?)null : time.GetUtcNow();
        var next = configuration.Every > configuration.SendEvery ? configuration.Every : configuration.SendEvery;
        var written = true;
        for (var i = 0; i < Math.Max(1, _known.Count); i++)
            written &= buffer.Append(ReadingWriter.Write(at, buffer.NextSequence, next, i == 0 ? power : null, i == 0 ? radio : null, i < _known.Count ? _known[i] : null));
        if (!written)
            say("telemetry: the disk takes no readings; they are kept in memory");
    }

    private async Task<IReadOnlyList<RunningImage>> RunningAsync(CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // The next reading does not wait for it.
        late.CancelAfter(configuration.Every);
        try
        {
            var containers = await engine.ListAsync(null, late.Token);
            return [.. containers.Where(c => c.Running).Select(c => new RunningImage(c.Track, c.Image[(c.Image.IndexOf('@', StringComparison.Ordinal) + 1)..]))
                .Distinct().OrderBy(r => r.Track, StringComparer.Ordinal).ThenBy(r => r.Digest, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is EngineUnavailableException or EngineRefusedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The heartbeat goes on; what runs is not known, and not said.
            return [];
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_pause > TimeSpan.Zero && time.GetElapsedTime(_pausedAt) < _pause)
            return;
        _pause = TimeSpan.Zero;
        try
        {
            while (buffer.Oldest() is { } batch)
            {
                var answer = await backend.SendTelemetryAsync(batch.Lines, cancellationToken);
                if (!answer.Taken)
                    say($"telemetry: the server will never take {batch.Lines.Length} bytes{answer.Problem}");
                buffer.Remove(batch);
                _sentAt = time.GetTimestamp();
                backoff.Succeeded();
                if (answer.DesiredVersion is { } version)
                    heard(version);
            }
        }
        catch (Exception e) when (e is BackendUnavailableException or IOException or UnauthorizedAccessException)
        {
            (_pause, _pausedAt) = (backoff.Failed((e as BackendUnavailableException)?.RetryAfter), time.GetTimestamp());
            say($"telemetry: {e.Message}; kept, sent in {_pause.TotalSeconds:0} s or later");
        }
    }
}
