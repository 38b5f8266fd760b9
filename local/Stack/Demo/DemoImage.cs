using System.Diagnostics;
using IoTBackend.Simulator;

namespace IoTBackend.Stack.Demo;

/// <summary>The demo's image: a track that follows a repository of the local registry, and one push to it.</summary>
internal sealed class DemoImage(LocalStack stack, StackLayout layout, BackendApi api, Action<string> say)
{
    private const string Repository = "fleet/sensor";
    private const string Tag = "1.0.0";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!stack.HasRegistry)
            return;
        try
        {
            await api.OperateAsync(HttpMethod.Put, "tracks/sensor", new
            {
                registry = stack.Programs.RegistryHost,
                repository = Repository,
                targets = new { models = DemoFleet.Models.Select(model => model.Name) },
            }, cancellationToken);
        }
        catch (HttpRequestException refused)
        {
            say($"no image is pushed: {refused.Message}");
            return;
        }
        await PushAsync(cancellationToken);
    }

    private async Task PushAsync(CancellationToken cancellationToken)
    {
        var pushed = Path.Combine(layout.State, "registry", "demo-pushed");
        if (File.Exists(pushed))
            return;
        var start = new ProcessStartInfo(Path.Combine(layout.Root, "scripts", "push-image"))
        {
            ArgumentList = { "--registry", stack.Programs.RegistryHost, "--repository", Repository, "--tag", Tag },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var push = Process.Start(start) ?? throw new StackException("scripts/push-image did not start.");
        var output = await Task.WhenAll(push.StandardOutput.ReadToEndAsync(cancellationToken), push.StandardError.ReadToEndAsync(cancellationToken));
        await push.WaitForExitAsync(cancellationToken);
        if (push.ExitCode != 0)
        {
            say($"the demo image was not pushed: {string.Concat(output).Trim()}");
            return;
        }
        await File.WriteAllTextAsync(pushed, Tag, cancellationToken);
        say($"pushed {Repository}:{Tag} to {stack.Programs.RegistryHost}");
    }
}
