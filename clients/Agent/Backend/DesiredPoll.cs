using IoTBackend.Agent.Host;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Backend;

/// <summary>Keeps an eye on the desired state: by waiting at the server, or only when told that there is something new.</summary>
/// <param name="applied">After each change.</param>
internal sealed class DesiredPoll(BackendClient backend, DesiredWorkloads workloads, bool longPoll, Backoff backoff, TimeProvider time, Action<string> say, Action applied)
{
    /// <summary>Without long polls: also when nothing was heard, in case what told of it was lost.</summary>
    private static readonly TimeSpan AnyHow = TimeSpan.FromHours(6);

    /// <summary>From one question to the next: a server that does not let anybody wait would wear out battery and flash.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>Each change is written to flash: a server that has another one with every answer is asked once a minute.</summary>
    private const int MostChangesAtOnce = 60;
    private static readonly TimeSpan AnotherChange = TimeSpan.FromMinutes(1);

    private readonly Wakeup _told = new(time);
    private readonly Pace _pace = new(MostChangesAtOnce, AnotherChange, time);
    private string? _etag;
    private long? _version;

    /// <summary>An answer to telemetry named this version.</summary>
    public void Heard(long version)
    {
        if (!longPoll && version != _version)
            _told.Call();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (asked, rest) = (time.GetTimestamp(), TimeSpan.Zero);
            try
            {
                var (desired, etag, pause) = await backend.ReadDesiredAsync(_etag, longPoll, cancellationToken);
                if (desired is not null)
                {
                    workloads.Apply(desired);
                    // Only now: a state that could not be written is asked for again.
                    (_etag, _version) = (etag, desired.Version);
                    applied();
                    await SlowDownAsync(cancellationToken);
                }

                backoff.Succeeded();
                if (!longPoll)
                    rest = AnyHow;
                else if (pause is not null || _etag is null)
                    rest = pause ?? TimeSpan.FromSeconds(30);
                else if (time.GetElapsedTime(asked) is var took && took < Least)
                    rest = Least - took;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                rest = backoff.Failed((e as BackendUnavailableException)?.RetryAfter);
                say($"desired state: {Fault.Of(e)}; asking again in {rest.TotalSeconds:0} s");
            }

            if (rest > TimeSpan.Zero)
                await _told.WaitAsync(rest, cancellationToken);
        }
    }

    private async Task SlowDownAsync(CancellationToken cancellationToken)
    {
        while (_pace.Take() is var pause && pause > TimeSpan.Zero)
        {
            say($"desired state: it changes too often; asking again in {pause.TotalSeconds:0} s");
            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
