using System.Collections.Concurrent;
using System.Net;
using IoTBackend.Simulator;

namespace IoTBackend.Stack.Demo;

/// <summary>Runs the demo against a started stack: registers what is not there yet, lets the fleet live, prints alerts as they are delivered.</summary>
internal sealed class DemoRun(LocalStack stack, BackendApi api, StackLayout layout, int devices, TimeProvider time, Action<string> say)
{
    private const int RegistrationsAtOnce = 8;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RetireAsync(cancellationToken);
        if (devices == 0)
            return;
        var seen = new ConcurrentDictionary<string, bool>();
        await using var receiver = await AlertReceiver.StartAsync(stack.Secrets.AlertSecret, time, (headers, body) =>
        {
            // Delivered at least once, each time with the same id.
            if (seen.TryAdd(headers["webhook-id"].ToString(), true))
                say(AlertLine.Of(body));
        });

        foreach (var model in DemoFleet.Models)
            await api.OperateAsync(HttpMethod.Put, $"fleet/models/{model.Name}", model.Model, cancellationToken);
        await TellAlertsAsync(receiver, cancellationToken);
        var plans = await RegisterAsync(cancellationToken);
        say($"{devices} demo devices report every {DemoFleet.Interval.TotalSeconds:0} s; alerts appear here as they are delivered to {receiver.Url}");

        var counters = new FleetCounters();
        var fleet = plans.Select((plan, i) => new FleetMember(plan, i + 1, api, counters, time).RunAsync(cancellationToken));
        await Task.WhenAll(fleet.Append(new DemoImage(stack, layout, api, say).RunAsync(cancellationToken)));
    }

    /// <summary>Takes out the devices of an earlier, larger demo: nobody plays them any more, and their silence would be an outage of every site.</summary>
    private async Task RetireAsync(CancellationToken cancellationToken)
    {
        var keyring = OpenKeyring();
        string[] retired = [.. keyring.Devices.Except(Enumerable.Range(0, devices).Select(DemoFleet.Id))];
        var options = new ParallelOptions { MaxDegreeOfParallelism = RegistrationsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(retired, options, async (id, cancel) =>
        {
            try
            {
                await api.OperateAsync(HttpMethod.Delete, $"fleet/devices/{id}", null, cancel);
            }
            catch (HttpRequestException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
            {
                // Removed by an operator.
            }

            keyring.Forget(id);
        });
        if (retired.Length > 0)
            keyring.Save();
    }

    private DeviceKeyring OpenKeyring() => new(Path.Combine(layout.State, "demo-devices.json"));

    private async Task TellAlertsAsync(AlertReceiver receiver, CancellationToken cancellationToken)
    {
        try
        {
            await api.OperateAsync(HttpMethod.Put, "channels/demo", new { type = "webhook", url = receiver.Url, secret = stack.Secrets.AlertSecret }, cancellationToken);
        }
        catch (HttpRequestException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            say("this build has no channels: alerts are not delivered");
        }
    }

    private async Task<IReadOnlyList<MemberPlan>> RegisterAsync(CancellationToken cancellationToken)
    {
        var keyring = OpenKeyring();
        var plans = new MemberPlan[devices];
        var options = new ParallelOptions { MaxDegreeOfParallelism = RegistrationsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, devices, options, async (i, cancel) =>
        {
            var id = DemoFleet.Id(i);
            var device = await api.RegisterAsync(id, DemoFleet.Registration(i), keyring.Find(id), cancel);
            keyring.Keep(device);
            plans[i] = new(device, DemoFleet.FaultOf(i), DemoFleet.Interval, DemoFleet.OverHub(i));
        });
        keyring.Save();
        return plans;
    }
}
