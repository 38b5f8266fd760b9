namespace IoTBackend.Simulator;

/// <summary>A fleet of simulated devices against a running backend, with a progress display.</summary>
internal static class Simulation
{
    /// <summary>Runs until cancelled.</summary>
    /// <param name="command">Which fleet.</param>
    /// <param name="url">The backend's address, without <c>/api</c>.</param>
    /// <param name="key">The operator key.</param>
    /// <param name="state">Where the devices' keys are kept between runs.</param>
    /// <param name="time">The clock they report by.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HttpRequestException">The backend refused a registration.</exception>
    public static async Task RunAsync(SimulatorCommand command, Uri url, string key, string state, TimeProvider time, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = new(url.OriginalString + "/api/") };
        var api = new BackendApi(http, key, time);
        var fleet = new SimulatedFleet(api, new(Path.Combine(state, "simulated", $"{url.Host}-{url.Port}.json")), time);
        Console.WriteLine($"==> waiting for {http.BaseAddress}");
        await api.WaitAsync(cancellationToken);
        Console.WriteLine($"==> registering {command.Devices} devices");
        var plans = await fleet.RegisterAsync(command, cancellationToken);
        Console.WriteLine($"==> each reports every {command.Pace.TotalSeconds:0.###} s; Ctrl-C ends it");
        await Task.WhenAll(fleet.RunAsync(plans, cancellationToken), Progress.ShowAsync(fleet.Counters, time, cancellationToken));
    }
}
