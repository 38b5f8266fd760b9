using IoTBackend.Simulator;
using IoTBackend.Stack.Demo;

namespace IoTBackend.Stack;

/// <summary>One run of <c>scripts/run</c>, from the first line to the last.</summary>
internal static class StackRun
{
    public static async Task<int> RunAsync(StackCommand command, StackLayout layout, string? operatorKey, TimeProvider time, CancellationToken stop)
    {
        using var alone = Lock(layout.State);
        if (command.Fresh)
            Forget(layout.State);
        var secrets = StackSecrets.Open(layout.State, operatorKey);
        Say("starting storage, hub, registry and functions");
        await using var stack = new LocalStack(layout, command.Ports, secrets, new Dictionary<string, string>(), time, Say) { RepairHub = command.Repair };
        try
        {
            await stack.StartAsync(stop);
            // Where scripts/iot finds it.
            await File.WriteAllTextAsync(Path.Combine(layout.State, "address"), stack.Programs.Api.GetLeftPart(UriPartial.Authority), stop);
            LocalSettingsFile.Write(layout.LocalSettings, stack.Programs.AppSettings(new Dictionary<string, string>()));
            using var http = new HttpClient { BaseAddress = stack.Programs.Api };
            var api = new BackendApi(http, secrets.OperatorKey, time);
            await LocalRegistry.ConfigureAsync(stack, api, stop);
            Announce(stack, layout);
            await using var agents = new DemoAgents(stack, layout, api, time, Say);
            await AgentsAsync(agents, command.Agents, stop);
            await DemoAsync(new DemoRun(stack, api, layout, command.Devices, time, Say), stop);
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop while starting.
        }
        Say("stopping; what is stored stays in " + layout.State);
        return 0;
    }

    /// <summary>The backend is worth running without its demo.</summary>
    private static async Task DemoAsync(DemoRun demo, CancellationToken stop)
    {
        try
        {
            await demo.RunAsync(stop);
        }
        catch (HttpRequestException refused)
        {
            Say($"the demo has ended: {refused.Message}");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>And without its agents.</summary>
    private static async Task AgentsAsync(DemoAgents agents, int count, CancellationToken stop)
    {
        try
        {
            await agents.RetireAsync(count, stop);
            if (count > 0 && agents.WhyNot() is { } why)
                Say($"there are no agents: {why}");
            else if (count > 0)
                await agents.StartAsync(count, stop);
        }
        catch (Exception refused) when (refused is HttpRequestException or StackException or IOException or UnauthorizedAccessException)
        {
            Say($"there are no agents: {refused.Message}");
        }
    }

    private static void Announce(LocalStack stack, StackLayout layout)
    {
        var api = stack.Programs.Api;
        var key = $"$(cat {Path.Combine(Path.GetRelativePath(Directory.GetCurrentDirectory(), layout.State), "operator.key")})";
        if (!stack.HasRegistry)
            Say("docker-registry is not installed: there is no local registry to push to (Debian, Ubuntu: apt-get install docker-registry)");
        Console.WriteLine($$"""

              console       {{new Uri(api, "/")}}
              API           {{api}}openapi.json
              operator key  {{Path.Combine(layout.State, "operator.key")}}
              registry      {{(stack.HasRegistry ? stack.Programs.RegistryHost : "none")}}
              logs          {{layout.Logs}}

              curl -H "x-functions-key: {{key}}" "{{api}}fleet/summary"
              curl -H "x-functions-key: {{key}}" "{{api}}alerts?state=open"

              A first device of your own gets its key for the token of a claim, which is good for one:
              token=$(curl -s -H "x-functions-key: {{key}}" -d '{}' {{api}}fleet/claims | grep -o 'iotc[^"]*')
              curl -s -d '{"token":"'$token'","deviceId":"my-device","nonce":"'$(openssl rand -hex 16)'"}' {{api}}devices/enroll

            """);
        Console.WriteLine($"ready {api.GetLeftPart(UriPartial.Authority)}");
    }

    private static FileStream Lock(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new StackException($"A stack is already running on {folder}. Stop it first (Ctrl-C where it runs).");
        }
    }

    private static void Forget(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => entry.Name != "lock"))
        {
            if (entry is DirectoryInfo directory)
                directory.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    private static void Say(string text) => Console.WriteLine($"==> {text}");
}
