using IoTBackend.Agent;

namespace Agent.Tests.Configuration;

public sealed class AgentCommandTests
{
    [Theory]
    [InlineData("--chek", "--chek is not understood")]
    [InlineData("--config", "--config: which file?")]
    [InlineData("config.json", "config.json is not understood")]
    public void What_is_not_understood_is_named(string argument, string expected)
    {
        Assert.Null(AgentCommand.Parse(["--check", argument], out var fault));
        Assert.Equal(expected, fault);
    }

    [Fact]
    public void A_file_is_looked_for_from_where_the_command_was_given() =>
        Assert.Equal(new(Path.GetFullPath("a/c.json"), true), AgentCommand.Parse(["--config", "a/c.json", "--check"], out _));
}
