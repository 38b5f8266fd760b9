namespace EndToEnd.Tests.Images;

/// <summary>The example of docs/gates.md.</summary>
[Collection(StackCollection.Name)]
public sealed class GatesGuideTests(TestStack stack)
{
    [Fact]
    public async Task The_example_of_the_guide_does_what_it_says()
    {
        Assert.SkipUnless(stack.Stack.HasRegistry && File.Exists("/usr/bin/skopeo"), "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)");
        var host = stack.Stack.Programs.RegistryHost;
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new { kind = "distribution", endpoint = $"http://{host}", webhookKey = stack.Stack.Secrets.RegistryWebhookKey });
        // The stack is shared: its other devices are not to get it.
        await GuideExample.TypeAsync(stack, GuideExample.For(stack, GuideExample.Read("gates.md", "An example to type")).Replace("""["*"]""", """["of-the-guide"]""", StringComparison.Ordinal));
    }
}
