using IoTBackend.Agent.Host;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Backend;

/// <summary>Tells the last report of each track until it has arrived. One that was overtaken by a later one is not told: the later one says more.</summary>
internal sealed class ReportSender(StateFile state, BackendClient backend, Backoff backoff, TimeProvider time, Action<string> say)
{
    private readonly Wakeup _wakeup = new(time);

    public void Wake() => _wakeup.Call();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var rest = TimeSpan.FromHours(1);
            try
            {
                foreach (var track in state.Tracks)
                {
                    if (state.Read(track).Report is not { } report)
                        continue;
                    if (!await backend.ReportAsync(report, cancellationToken))
                        say($"{track}: the server knows no release {report.Release}");
                    state.ChangeReport(track, r => r.Report == report ? null : r.Report);
                    backoff.Succeeded();
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                rest = backoff.Failed((e as BackendUnavailableException)?.RetryAfter);
                say($"report: {Fault.Of(e)}; telling again in {rest.TotalSeconds:0} s");
            }

            await _wakeup.WaitAsync(rest, cancellationToken);
        }
    }
}
