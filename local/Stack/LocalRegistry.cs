using IoTBackend.Simulator;

namespace IoTBackend.Stack;

/// <summary>Makes the stack's own registry known to the backend, with the key its events carry, so that a push to it is heard whoever made the track.</summary>
internal static class LocalRegistry
{
    public static async Task ConfigureAsync(LocalStack stack, BackendApi api, CancellationToken cancellationToken)
    {
        if (!stack.HasRegistry)
            return;
        var host = stack.Programs.RegistryHost;
        await api.OperateAsync(HttpMethod.Put, $"registries/{Uri.EscapeDataString(host)}", new
        {
            kind = "distribution",
            endpoint = $"http://{host}",
            webhookKey = stack.Secrets.RegistryWebhookKey,
        }, cancellationToken);
    }
}
