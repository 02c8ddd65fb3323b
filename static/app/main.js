// What every page does.
import { setUpCopy } from "portal/copy";
import { setUpDialogs } from "portal/dialogs";
import { setUpDock } from "portal/dock";
import { setUpKeys } from "portal/keys";
import { setUpLive } from "portal/live";
import { setUpPalette } from "portal/palette";
import { setUpSelection } from "portal/selection";
import { setUpShortcuts } from "portal/shortcuts";
import { setUpTheme } from "portal/theme";
import { setUpTimes } from "portal/times";
import { setUpToasts } from "portal/toasts";

setUpTheme();
setUpToasts();
setUpTimes();
setUpCopy();
setUpDialogs();
setUpPalette();
setUpSelection();
setUpShortcuts();
setUpDock();
setUpLive();
setUpKeys();
