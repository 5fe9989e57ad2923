using System.Runtime.InteropServices;
using Rag.Cli;

using var stop = new CancellationTokenSource();

// One way to stop for every signal: the command ends its children and tidies up, then returns 130.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

return await CliApplication.RunAsync(args, CliContext.FromProcess(), stop.Token);
